"""``skops.io`` without the array libraries that its first import would load."""

from __future__ import annotations

import sys
from types import ModuleType

_ARRAYS = frozenset({"torch", "cupy", "dask", "jax"})


def skops_io() -> ModuleType:
    """Import ``skops.io``.

    skops asks scikit-learn for all of its estimators, and scikit-learn then imports its wrappers of other array
    libraries too: with PyTorch installed that is 240 MB and seconds, which no estimator needs. One
    that is loaded already stays as it is.

    >>> skops_io().__name__
    'skops.io'
    """
    unwanted = _Absent(_ARRAYS - set(sys.modules))
    sys.meta_path.insert(0, unwanted)
    try:
        import skops.io  # noqa: F401 — taken from where it is now
    finally:
        sys.meta_path.remove(unwanted)
    return sys.modules["skops.io"]


class _Absent:
    """A finder for which some modules are not installed."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> None:
        """Refuse a module by name; leave all others to the other finders."""
        if name in self._names:
            raise ModuleNotFoundError(f"{name} is not needed here", name=name)
