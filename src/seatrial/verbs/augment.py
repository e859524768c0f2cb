"""Check the plan's augmentations: do people still get the rows right, are they real enough, is the model poor on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.errors import NotFoundError
from seatrial.core.estimate import Estimate, not_measured
from seatrial.models.augment import augment as apply
from seatrial.records.bounds import beside
from seatrial.records.candidate import Candidate, is_baseline
from seatrial.records.contract import Contract
from seatrial.records.evidence import Verdict
from seatrial.records.step import Step
from seatrial.scoring.code import load_function
from seatrial.scoring.encode import Columns, Functions, encode, typed
from seatrial.verbs.augmentations import (
    CHECK,
    PEOPLE,
    Checks,
    check_key,
    on_file,
    people_key,
)
from seatrial.verbs.chain import Chain
from seatrial.verbs.comparison import estimated
from seatrial.verbs.materials import Materials, as_predictions
from seatrial.verbs.project import Project
from seatrial.verbs.trainer import Trainer

if TYPE_CHECKING:
    from seatrial.evaluation import Predictions

MOST_ROWS = 4_000
"""Rows that a check is made on."""

Told = Callable[[str], None]
"""Is told what is going on, a line at a time."""


@dataclass(frozen=True, slots=True)
class Augmented:
    """One augmentation for one family.

    Attributes:
        name: In the plan.
        family: The family.
        verdicts: Of the checks ``people``, ``detectable`` and ``error``, each with what to say of it.
        estimates: Their figures; None where there is none yet.
        real: Share of the real rows of the sheet that people answer as the truth says; None before.
        is_used: Whether the family is trained with it.
        gain: Paired difference of the optimised metric on dev that it made; None while it isn't used,
            or before the training.
        is_harmful: Whether that is proved to be for the worse.
    """

    name: str
    family: str
    verdicts: Mapping[str, tuple[Verdict, str]]
    estimates: Mapping[str, Estimate | None]
    real: Estimate | None
    is_used: bool
    gain: Estimate | None
    is_harmful: bool

    def to_json(self) -> dict[str, Any]:
        """Write it as a JSON object; see ``docs/json.md``."""
        return {
            "name": self.name,
            "family": self.family,
            "checks": [
                {
                    "id": check,
                    "verdict": verdict,
                    "reason": reason,
                    "estimate": found.to_json() if (found := self.estimates[check]) else None,
                }
                for check, (verdict, reason) in self.verdicts.items()
            ],
            "people_on_real_rows": self.real.to_json() if self.real else None,
            "used": self.is_used,
            "gain": self.gain.to_json() if self.gain else None,
            "harmful": self.is_harmful,
        }


def augment(project: Project, *, tell: Told = lambda _line: None) -> tuple[Augmented, ...]:
    """What is known of each augmentation for each family that is trained; what isn't measured yet is.

    Raises:
        NotFoundError: the plan has no augmentation.
        CodeError: a function failed.
    """
    chain = Chain(project)
    demand(chain, None)
    materials = Materials(chain)
    checker = Checker(chain, materials, Trainer(chain, materials))
    families = [each for each in chain.plan.text.train.candidates if not is_baseline(each)]
    for family in families:
        checker.measure(family, tell=tell)
    return tuple(
        _augmented(chain, materials, name, family)
        for family in families
        for name in chain.plan.text.train.augment
    )


def _augmented(chain: Chain, materials: Materials, name: str, family: str) -> Augmented:
    plain, now = chain.recipe(family, plain=True), chain.recipe(family)
    checks = on_file(chain.project, chain.plan, name, plain.plain)
    answers = chain.project.ledger.newest(PEOPLE, people_key(chain.project, chain.plan, name))
    gain = None
    with_it, without = chain.on_file(now), chain.on_file(plain)
    if name in now.augment and with_it is not None and without is not None:
        dev = [materials.predictions(each, "dev") for each in (with_it, without)]
        gain = estimated(chain, chain.plan.optimise, *dev)
    worse = "<" if chain.plan.metrics[chain.plan.optimise.metric].higher_is_better else ">"
    return Augmented(
        name,
        family,
        checks.verdicts(chain.plan.text.train.augment[name]),
        {"people": checks.people, "detectable": checks.detectable, "error": checks.error},
        Estimate.from_json(answers.payload["real"]) if answers else None,
        name in now.augment,
        gain,
        gain is not None and gain.measured and beside(worse, 0.0, gain)[0],
    )


def why_not(chain: Chain, family: str) -> dict[str, str]:
    """Why a family is not trained with each augmentation of the plan; empty where it is."""
    return {
        name: checks.why_not(chain.plan.text.train.augment[name])
        for name, checks in _known(chain, family).items()
    }


def _known(chain: Chain, family: str) -> dict[str, Checks]:
    """What is on file of each augmentation of the plan, for a family; nothing of one that isn't trained."""
    plan = chain.plan
    if is_baseline(family) or not plan.text.train.augment:
        return {}
    plain = chain.recipe(family, plain=True).plain
    return {name: on_file(chain.project, plan, name, plain) for name in plan.text.train.augment}


def unused(chain: Chain, family: str) -> tuple[Step, ...]:
    """What is to be done about each augmentation that a family is not trained with; measures nothing."""
    found = []
    for name, checks in _known(chain, family).items():
        why_not = checks.why_not(chain.plan.text.train.augment[name])
        why = f"{family} is not trained with it: {why_not}"
        gain = "more rows to train on, if it passes; what they give is measured on dev"
        if checks.people is None:
            sheet = f"seatrial augment sheet {name} --out {name}.csv"
            found.append(
                Step(f"Ask people about the rows of {name}", why, (), None, gain, None, sheet)
            )
        elif why_not:
            title = f"Mend the augmentation {name}, or take it out"
            found.append(Step(title, why, (), None, gain, None, "seatrial augment"))
    return tuple(found)


class Checker:
    """Measures what a program can of an augmentation: against real rows, and against the candidate without it."""

    def __init__(self, chain: Chain, materials: Materials, trainer: Trainer) -> None:
        self.chain, self.materials, self._trainer = chain, materials, trainer

    def measure(
        self, family: str, *, only_answered: bool = False, tell: Told = lambda _line: None
    ) -> None:
        """Measure and file each augmentation for a family, where that isn't done.

        Args:
            family: The family; of one that isn't trained nothing is measured.
            only_answered: Only those that people were asked about.
            tell: Told what is going on.
        """
        chain = self.chain
        if is_baseline(family) or not chain.plan.text.train.augment:
            return
        project, plan, bare = chain.project, chain.plan, chain.recipe(family, plain=True)
        for name in plan.text.train.augment:
            checks = on_file(project, plan, name, bare.plain)
            if checks.error is not None or (only_answered and checks.people is None):
                continue
            tell(f"Checking the augmentation {name} on {family}")
            candidate = self._trainer.on_file(bare) or self._trainer.make(bare)
            record = {
                "name": name,
                "family": family,
                "artefact": candidate.artefact,
                "detectable": self._detectable(name, candidate).to_json(),
                "error": self._error(name, candidate).to_json(),
            }
            key = check_key(project, plan, name, bare.plain)
            project.ledger.append(CHECK, record, key=key)

    def _detectable(self, name: str, candidate: Candidate) -> Estimate:
        """Real rows of train beside changed ones, of other units."""
        from seatrial.models.shift import told_apart

        contract, functions = self._asked(candidate)
        columns = typed(contract, self._raw("train", contract))
        units = self.materials.units("train")
        random = np.random.default_rng([self.chain.plan.text.train.seed, 1])
        found, codes = np.unique(units, return_inverse=True)
        half = random.permutation(len(found))[codes] % 2
        rows = [_some(np.flatnonzero(half == each), random) for each in (0, 1)]
        changed, which = applied(self.chain, name, contract, _at(columns, rows[1]))
        matrices = (
            encode(contract, _at(columns, rows[0]), functions),
            encode(contract, _at(changed, np.flatnonzero(which)), functions),
        )
        seed = self.chain.plan.text.train.seed
        return told_apart(contract, *matrices, (units[rows[0]], units[rows[1]][which]), seed=seed)

    def _error(self, name: str, candidate: Candidate) -> Estimate:
        """How much more the candidate errs on the changed rows of dev than on the same rows as they are."""
        from seatrial.evaluation import measure

        contract, _ = self._asked(candidate)
        columns = typed(contract, self._raw("dev", contract))
        seed = self.chain.plan.text.train.seed
        rows = _some(np.arange(len(self.materials.truth("dev"))), np.random.default_rng([seed, 2]))
        columns = _at(columns, rows)
        changed, which = applied(self.chain, name, contract, columns)
        places = np.flatnonzero(which)
        if not len(places):
            return not_measured("it changed no row of dev")
        real = self._answers(candidate, _at(columns, places), rows[places])
        other = self._answers(candidate, _at(changed, places), rows[places])
        if contract.classes:
            return measure("balanced_accuracy", real, versus=other).estimate
        return measure("mae", other, versus=real).estimate

    def _answers(
        self, candidate: Candidate, columns: Columns, rows: NDArray[np.intp]
    ) -> Predictions:
        told = self.materials.scorer(candidate).answer(columns)
        joined = np.column_stack([told.scores.reshape(len(rows), -1), told.decided])
        truth, units = self.materials.truth("dev"), self.materials.units("dev")
        return as_predictions(
            self.chain, joined.astype(np.float64), truth[rows], units[rows], rule=False
        )

    def _asked(self, candidate: Candidate) -> tuple[Contract, Functions]:
        scorer = self.materials.scorer(candidate)
        return scorer.header.contract, scorer.functions

    def _raw(self, part: str, contract: Contract) -> dict[str, Any]:
        return self.materials.raw(part, [each.name for each in contract.features])


def demand(chain: Chain, name: str | None) -> None:
    """Refuse an augmentation that the plan doesn't have, or a plan without any.

    Raises:
        NotFoundError: names those that it has.
    """
    known = chain.plan.text.train.augment
    if not known:
        hint = "write `augment: {NAME: {function: module:function}}` below `train`"
        raise NotFoundError("the plan has no augmentation", where="train.augment", hint=hint)
    if name is not None and name not in known:
        raise NotFoundError(
            f"no augmentation is called {name}", hint=f"there is {', '.join(known)}"
        )


def applied(
    chain: Chain, name: str, contract: Contract, columns: Columns
) -> tuple[dict[str, NDArray[Any]], NDArray[np.bool_]]:
    """Rows after an augmentation of the plan, and which of them it changed.

    Raises:
        CodeError: it failed.
    """
    text = chain.plan.text.train
    reference = text.augment[name].function
    function = load_function(reference, chain.project.root)
    return apply(reference, function, contract, columns, seed=text.seed)


def _some(places: NDArray[np.intp], random: np.random.Generator) -> NDArray[np.intp]:
    return np.sort(random.permutation(places)[:MOST_ROWS])


def _at(columns: Mapping[str, NDArray[Any]], places: NDArray[np.intp]) -> dict[str, NDArray[Any]]:
    return {name: values[places] for name, values in columns.items()}
