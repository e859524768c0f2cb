"""Where an archive answers: in the event loop if it was proved and runs nobody's Python, else in a worker."""

from __future__ import annotations

from seatrial.records.manifest import Arm, Manifest
from seatrial.runtime.folder import ServingFolder
from seatrial.runtime.force import Force, open_here
from seatrial.runtime.model import Model, is_fast
from seatrial.scoring.archive import audit
from seatrial.serving.pool import ModelPool
from seatrial.serving.wiring import Task


class WhereItFits:
    """Opens archives for a server.

    Args:
        deadline_s: Seconds that a worker may take for one request.
    """

    def __init__(self, *, deadline_s: float) -> None:
        self._deadline_s = deadline_s

    def __call__(self, folder: ServingFolder, arm: Arm, manifest: Manifest) -> Model:
        """Open an arm's archive; blocks until its model is warm.

        Raises:
            ArchiveError: it may not be opened; says why.
        """
        if is_fast(audit(folder.archive(arm), expected=arm.artefact)):
            return open_here(folder, arm, manifest)
        is_candidate = arm == manifest.candidate
        task = Task(
            archive=str((folder.path / arm.archive).resolve()),
            artefact=arm.artefact,
            code=str(folder.code(arm) or ""),
            threshold=manifest.policy.threshold if is_candidate else None,
        )
        return ModelPool.open(task, deadline_s=self._deadline_s)


def pools(force: Force) -> list[ModelPool]:
    """The workers of a release."""
    models = (force.candidate, force.reference)
    return [each for each in models if isinstance(each, ModelPool)]
