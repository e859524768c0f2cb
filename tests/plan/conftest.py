"""Makes `nodes` importable: tests are collected, not imported."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
