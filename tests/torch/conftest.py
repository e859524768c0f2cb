"""Tests of real PyTorch modules; not collected where PyTorch isn't installed (`make test-torch`)."""

import sys
from importlib.util import find_spec
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

collect_ignore_glob = [] if find_spec("torch") else ["*"]
