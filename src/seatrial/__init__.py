"""Seatrial: say what must be true of your ML system; the model may do only what was measured.

Names are loaded when they are first used (PEP 562), so that a serving process that imports
``seatrial`` pays for nothing that it doesn't call.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seatrial.models.networks import check_network
    from seatrial.monitoring.drift import drift
    from seatrial.verbs.project import open  # noqa: A004 — seatrial.open, as in the documentation

__all__ = ["__version__", "check_network", "drift", "open"]

__version__ = "0.1.0"

_HOMES = {
    "check_network": "seatrial.models.networks",
    "drift": "seatrial.monitoring.drift",
    "open": "seatrial.verbs.project",
}


def __getattr__(name: str) -> object:
    """Load a public name from the room that owns it."""
    if name not in _HOMES:
        message = f"module 'seatrial' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(_HOMES[name]), name)
