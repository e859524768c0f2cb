"""A study on Optuna whose trials are a matter of the seed alone, kept in a file that survives a kill."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seatrial.core.errors import MissingExtraError
from seatrial.models.spaces import Knob, Setting, Space, drawn

SEEN = "seen"
"""Attribute of a trial that holds what came out of it."""


class Study:
    """Trials of one search; one process writes, however many fit.

    Args:
        file: The SQLite file; what is in it is gone on with.
        name: Of the study.
        seed: What the trials are drawn from.
        higher: Whether more of the metric is better.

    Raises:
        MissingExtraError: Optuna is not installed.
    """

    def __init__(self, file: Path, *, name: str, seed: int, higher: bool) -> None:
        try:
            import optuna
        except ImportError as error:
            raise MissingExtraError("Searching hyperparameters", extra="search") from error
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        file.parent.mkdir(parents=True, exist_ok=True)
        self._optuna, self._seed = optuna, seed
        self._storage = optuna.storages.RDBStorage(f"sqlite:///{file}")
        self._study = optuna.create_study(
            study_name=name,
            storage=self._storage,
            direction="maximize" if higher else "minimize",
            load_if_exists=True,
        )

    def ask(self, space: Space, trial: int) -> dict[str, Setting]:
        """The hyperparameters of a trial; it is begun if it wasn't, and completed if it was half begun."""
        optuna, study = self._optuna, self._study
        study.sampler = _sampler(optuna, space, seed=self._seed)
        known = study.get_trials(deepcopy=False)
        begun = (
            optuna.trial.Trial(study, known[trial]._trial_id)  # noqa: SLF001 — there is no other name for it
            if trial < len(known)
            else study.ask()
        )
        found = {knob.name: _suggested(begun, knob) for knob in space}
        return {knob.name: _plain(knob, found[knob.name]) for knob in space}

    def seen(self, trial: int) -> dict[str, Any] | None:
        """What came out of a trial; None while it isn't finished."""
        known = self._study.get_trials(deepcopy=False)
        if trial >= len(known) or not known[trial].state.is_finished():
            return None
        found: dict[str, Any] = known[trial].user_attrs[SEEN]
        return found

    def tell(self, trial: int, seen: Mapping[str, Any]) -> None:
        """Finish a trial; without a value in what came out, it has failed."""
        begun = self._study.get_trials(deepcopy=False)[trial]
        self._storage.set_trial_user_attr(begun._trial_id, SEEN, dict(seen))  # noqa: SLF001 — as above
        failed = self._optuna.trial.TrialState.FAIL if seen["value"] is None else None
        self._study.tell(trial, seen["value"], state=failed)

    def close(self) -> None:
        """Let go of the file."""
        self._storage.remove_session()
        self._storage.engine.dispose()


def _plain(knob: Knob, value: Any) -> Setting:
    return int(value) if knob.whole else value


def _suggested(trial: Any, knob: Knob) -> Any:
    if knob.scale == "choice":
        return trial.suggest_categorical(knob.name, knob.among or knob.choices)
    log = knob.scale == "log"
    if knob.whole:
        return trial.suggest_int(knob.name, int(knob.low), int(knob.high), log=log)
    return trial.suggest_float(knob.name, knob.low, knob.high, log=log)


def _sampler(optuna: Any, space: Space, *, seed: int) -> Any:
    knobs = {knob.name: knob for knob in space}

    class Drawn(optuna.samplers.BaseSampler):  # type: ignore[misc]
        """Draws by seed, trial and name: in any order, in any process, after any kill the same."""

        def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, Any]:  # noqa: ARG002 — Optuna's signature
            return {}

        def sample_relative(self, study: Any, trial: Any, search_space: Any) -> dict[str, Any]:  # noqa: ARG002 — Optuna's signature
            return {}

        def sample_independent(self, study: Any, trial: Any, param_name: str, _: Any) -> Setting:  # noqa: ARG002 — Optuna's signature
            return drawn(knobs[param_name], seed=seed, trial=trial.number)

    return Drawn()
