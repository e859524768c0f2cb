"""Judge every claim of the plan, measuring first what is due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.core.digest import digest
from seatrial.core.units import duration
from seatrial.judging.verdicts import Filed, judge
from seatrial.plan.leaves import leaves
from seatrial.records.cadence import Cadence, due_after, wanted_at
from seatrial.records.candidate import Candidate, is_baseline
from seatrial.records.claim import Claim
from seatrial.records.evidence import VERDICTS, Judgement, Verdict
from seatrial.records.metrics import Metric
from seatrial.verbs.look import judgement_of, newest, newest_of
from seatrial.verbs.measuring import Measuring
from seatrial.verbs.project import Project
from seatrial.verbs.roles import Missing

Told = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found.

    Attributes:
        project: Name of the project.
        candidate: The candidate that was judged; None if there is none.
        claims: The claims, in the plan's order.
        judgements: One for each claim, in the same order; offline, but for claims of a later stage.
        served: Of each claim what it is where the candidate's release stands; None where nothing is
            known of it there.
        metrics: The glossary.
        owners: Who answers for each claim.
        measured: How many were measured, and not found on file.
        rows: Rows of the part that claims are judged on.
        uses: How often the test part was read by other candidates before.
        standing: Where the candidate's release stands, ``release 1 in shadow``; empty before it was
            looked at.
    """

    project: str
    candidate: Candidate | None
    claims: tuple[Claim, ...]
    judgements: tuple[Judgement, ...]
    served: tuple[Judgement | None, ...]
    metrics: dict[str, Metric]
    owners: tuple[str, ...]
    measured: int
    rows: int
    uses: int
    standing: str = ""

    @property
    def blocking(self) -> tuple[Judgement, ...]:
        """Claims that keep the gate to a share of the decisions shut, offline or where it is served."""
        offline = [each for each in self.judgements if each.blocks]
        known = {(each.claim, each.stage) for each in offline}
        served = (each for each in self.served if each is not None and each.blocks)
        return (*offline, *(each for each in served if (each.claim, each.stage) not in known))

    @property
    def newest(self) -> tuple[Judgement, ...]:
        """Of each claim what is known last: where it is served, else offline."""
        pairs = zip(self.served, self.judgements, strict=True)
        return tuple(
            served if served is not None and served.evidence is not None else judgement
            for served, judgement in pairs
        )

    @property
    def verdict(self) -> Verdict:
        """``pass`` if the gate is open, ``fail`` if a claim failed, else ``unknown``."""
        if any(each.verdict == "fail" for each in self.blocking):
            return "fail"
        return "unknown" if self.blocking or self.candidate is None else "pass"

    @property
    def exit_code(self) -> int:
        """3 if the gate is shut."""
        return 0 if self.verdict == "pass" else 3

    @property
    def tally(self) -> dict[Verdict, int]:
        """How many claims have each verdict."""
        return {each: sum(one.verdict == each for one in self.newest) for each in VERDICTS}

    def to_json(self) -> dict[str, Any]:
        """Write it as the JSON object of ``seatrial check --json``; see ``docs/json.md``."""
        return {
            "project": self.project,
            "candidate": None if self.candidate is None else self.candidate.name,
            "verdict": self.verdict,
            "blocks": [{"id": each.claim, "stage": each.stage} for each in self.blocking],
            "claims": [
                _claim_json(claim, judgement, served, owner)
                for claim, judgement, served, owner in zip(
                    self.claims, self.judgements, self.served, self.owners, strict=True
                )
            ],
        }


def _claim_json(
    claim: Claim, judgement: Judgement, served: Judgement | None, owner: str
) -> dict[str, Any]:
    more = [served] if served is not None and served.stage != judgement.stage else []
    return {
        "id": claim.id,
        "text": str(claim),
        "commitment": claim.commitment,
        "owner": owner,
        "draft": claim.draft,
        "stages": [_stage_json(each) for each in (judgement, *more)],
    }


def _stage_json(judgement: Judgement) -> dict[str, Any]:
    evidence = judgement.evidence
    return {
        "stage": judgement.stage,
        "verdict": judgement.verdict,
        "estimate": evidence.estimate.to_json() if evidence else None,
        "evidence": evidence.digest if evidence else None,
        "fresh": judgement.fresh,
        "reason": judgement.reason,
    }


def check(
    project: Project,
    *,
    only: Sequence[str] = (),
    due: Cadence | None = None,
    measure: bool = True,
    again: bool = False,
    tell: Told = lambda _what, _done, _all: None,
) -> Checked:
    """Measure what is due and judge the claims.

    Args:
        project: The project.
        only: Ids of claims to look at; all if empty.
        due: Look at what is measured so often, or more often, and measure again what is older than
            about half its period; None: at all, however often it is measured.
        measure: Whether anything may be measured; without, what isn't on file is unknown.
        again: Whether what is on file is measured again.
        tell: Told what is being measured, how many are done, how many there are.

    Raises:
        PlanError: the plan is not valid, or doesn't fit the data.
        NotFoundError: no claim has such an id.
    """
    return checked(Measuring(project), only=only, due=due, measure=measure, again=again, tell=tell)


def checked(
    measuring: Measuring,
    *,
    only: Sequence[str] = (),
    due: Cadence | None = None,
    measure: bool,
    again: bool = False,
    tell: Told = lambda _what, _done, _all: None,
) -> Checked:
    """As :func:`check`, with the measuring at hand."""
    plan, chain = measuring.chain.plan, measuring.chain
    chain.demand_claim_columns()
    claims = tuple(plan.claim(name) for name in only) if only else plan.claims
    if due is not None:
        claims = tuple(each for each in claims if plan.cadence(each) in wanted_at(due))
    offline = [
        claim for claim in claims if _suits(claim, measuring) and claim.stage in {None, "offline"}
    ]
    found = measuring.gather(
        [claim.measure for claim in offline],
        measure=measure,
        ages=[_age(claim, plan.cadence(claim) if due else None) for claim in offline],
        again=again,
        tell=tell,
    )
    filed = {claim.id: answer for claim, (_, answer) in zip(offline, found, strict=True)}
    candidate = measuring.roles.candidate()
    trained = None if isinstance(candidate, Missing) else candidate
    uses = _uses(measuring, trained)
    judgements = tuple(_judge(claim, filed, measuring, uses) for claim in claims)
    seen = newest_of(measuring.project, trained)
    result = Checked(
        project=plan.text.project,
        candidate=trained,
        claims=claims,
        judgements=judgements,
        served=tuple(judgement_of(claim, seen) for claim in claims),
        metrics=dict(plan.metrics),
        owners=tuple(plan.owner(claim) for claim in claims),
        measured=measuring.measured,
        rows=chain.split.parts["test"].rows - chain.split.parts["test"].unlabelled,
        uses=uses,
        standing=_standing(measuring) if seen else "",
    )
    if not only and due is None and measure:
        _record(measuring, result)
    return result


def _age(claim: Claim, cadence: Cadence | None) -> str | None:
    """Age from which a claim's evidence is measured again: too old for it, or due by its turn."""
    ages = [claim.lasts, due_after(cadence) if cadence else None]
    return min(filter(None, ages), key=duration, default=None)


def _suits(claim: Claim, measuring: Measuring) -> bool:
    return measuring.chain.task in measuring.chain.plan.metrics[claim.measure.metric].tasks


def _judge(claim: Claim, filed: dict[str, Filed], measuring: Measuring, uses: int) -> Judgement:
    plan = measuring.chain.plan
    metric = plan.metrics[claim.measure.metric]
    if not _suits(claim, measuring):
        reason = f"{metric.name} does not suit a {measuring.chain.task} target"
        return Judgement(
            claim.id, "offline", "not applicable", reason, None, fresh=False, blocks=False
        )
    if claim.stage not in {None, "offline"}:
        served = judgement_of(claim, newest(measuring.project))
        assert served is not None
        return served
    if reason := measuring.roles.moot(claim.measure.versus):
        return Judgement(
            claim.id, "offline", "not applicable", reason, None, fresh=False, blocks=False
        )
    now = measuring.project.clock.now()
    return judge(claim, metric, filed[claim.id], stage="offline", now=now, readers=uses)


def _standing(measuring: Measuring) -> str:
    """Where the newest release stands now, which the newest look may not know yet."""
    entry = measuring.project.ledger.newest("release", measuring.chain.plan.text.project)
    return f"release {entry.payload['release']} in {entry.payload['went']}" if entry else ""


def _uses(measuring: Measuring, candidate: Candidate | None) -> int:
    """How many trained candidates' answers to the test part are on file, this one's included.

    Rows that come later don't make a test part fresh; another `data.split` does.
    """
    entries = measuring.project.ledger.find("scores")
    simple = {
        entry.payload["artefact"]
        for entry in measuring.project.ledger.find("candidate")
        if is_baseline(entry.payload["family"])
    }
    rule = measuring.materials.split_rule
    seen = {
        entry.payload["artefact"]
        for entry in entries
        if entry.payload["part"] == "test" and entry.payload.get("split", rule) == rule
    }
    return len((seen - simple) | ({candidate.artefact} if candidate else set()))


def _record(measuring: Measuring, result: Checked) -> None:
    """File the verdicts, if they aren't those that were filed last."""
    record = {
        **result.to_json(),
        "plan": digest(measuring.chain.plan.text.model_dump(mode="json")),
        "leaves": leaves(measuring.chain.plan.text),
    }
    ledger = measuring.project.ledger
    newest = ledger.newest("verdicts", result.project)
    if newest is None or newest.payload != record:
        ledger.append("verdicts", record, key=result.project)
