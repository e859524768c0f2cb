"""What a long command has worked out so far, so that it goes on where it was killed."""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.verbs.project import Project


class Scratch:
    """A folder of arrays by name; each is there whole or not at all.

    Args:
        project: The project.
        kind: The command.
        key: Name of all that the results depend on; another key is another folder.
    """

    def __init__(self, project: Project, kind: str, key: str) -> None:
        self.folder: Path = project.state / kind / key

    def read(self, name: str) -> dict[str, NDArray[Any]] | None:
        """What was written under a name; None if nothing was."""
        path = self.folder / f"{name}.npz"
        if not path.exists():
            return None
        with np.load(path, allow_pickle=False) as found:
            return dict(found)

    def write(self, name: str, **arrays: Any) -> None:
        """Write arrays and numbers under a name; readers see all of them or none."""
        self.folder.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        path = self.folder / f"{name}.npz"
        half = path.with_name(f"{name}.{os.getpid()}")
        half.write_bytes(buffer.getvalue())
        half.replace(path)

    def clear(self) -> None:
        """Throw it away: what came out is on file."""
        shutil.rmtree(self.folder, ignore_errors=True)
