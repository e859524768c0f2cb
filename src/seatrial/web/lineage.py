"""What a project's evidence was made of, by digest, and how to get the same again."""

from __future__ import annotations

import platform
from dataclasses import dataclass

from seatrial.core.digest import digest
from seatrial.records.candidate import GIVEN, Candidate, is_baseline
from seatrial.reports import numbers
from seatrial.reports.claims import true_signs
from seatrial.verbs.comparison import spoken
from seatrial.verbs.runs import Run
from seatrial.web.facts import Facts

_SIMPLE = frozenset({"linear", "boosted"})


@dataclass(frozen=True, slots=True)
class Link:
    """One thing that evidence rests on: what it is, its name, and its whole digest or version."""

    what: str
    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step to the same result: what it does, and the command; empty where it is a person's."""

    does: str
    command: str


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a baseline, and what there is of it, or why there is nothing."""

    way: str
    found: str
    there: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the candidate decides by.

    Attributes:
        threshold: Least score that is called positive; empty if it has none.
        by: What it was chosen by.
        under: Bounds that it was chosen under, as people read them.
        confidence: Least probability of the decided class to decide without a person; empty for a
            number.
    """

    threshold: str
    by: str
    under: tuple[str, ...]
    confidence: str


def chosen(facts: Facts) -> Chosen | None:
    """The threshold; None without a candidate."""
    candidate = facts.checked.candidate
    if candidate is None:
        return None
    under = candidate.chosen_under.get("bounds", ())
    ways = {
        "expected_cost": "least expected cost of the errors, on dev",
        "shortfall": "least shortfall on dev: no threshold keeps every bound",
        None: "",
    }
    by = ways.get(candidate.chosen_by, f"best {candidate.chosen_by} on dev")
    return Chosen(
        f"{candidate.threshold:.4g}" if candidate.threshold is not None else "",
        by,
        tuple(true_signs(f"{metric} {sign} {bound:g}") for metric, _, sign, bound in under),
        f"{facts.project.plan.text.release.confidence:g}" if facts.chain.classes else "",
    )


def ways(facts: Facts) -> tuple[Way, ...]:
    """Every way to a baseline: a constant, a rule, a simple model, an older system, people, what others report."""
    training = facts.training
    families = [rung.candidate.family for rung in training.rungs] if training else []
    constant = [name for name in families if name in {"majority", "mean"}]
    simple = [name for name in families if name in _SIMPLE]
    rule = facts.project.plan.fallback
    old = _older(facts)
    return (
        _way("A constant answer", constant, "nothing is trained yet: seatrial train"),
        Way("A rule", true_signs(str(rule)), there=True)
        if rule and "rule" in families
        else Way(
            "A rule", "`release.fallback` is open" if not rule else "not trained", there=False
        ),
        _way("A simple model", simple, "the plan's `train.candidates` names none"),
        Way("An older system", old or "no other candidate was released before", bool(old)),
        *_given(families),
        _people(facts),
        _reported(facts),
    )


def _given(families: list[str]) -> list[Way]:
    """Others whose answers stand beside the rows, but people."""
    named = [each.removeprefix(GIVEN) for each in families if each.startswith(GIVEN)]
    return [Way("Answers beside the rows", each, there=True) for each in named if each != "people"]


def _reported(facts: Facts) -> Way:
    """Figures that others published."""
    figures = [
        f"{name}: {each.metric} {each.value:g}, {each.source}"
        for name, each in facts.project.plan.text.baselines.items()
        if each.column is None
    ]
    without = "the plan's `baselines` names no figure"
    return Way("What others report", "; ".join(figures) or without, bool(figures))


def _people(facts: Facts) -> Way:
    from seatrial.verbs.measuring import Measuring

    found = Measuring(facts.project).roles.candidate("people")
    there = isinstance(found, Candidate)
    return Way("People", found.name if isinstance(found, Candidate) else found.reason, there)


def _older(facts: Facts) -> str:
    """The release of another candidate, the newest before this one's; empty without one."""
    candidate = facts.checked.candidate
    moves = facts.standing.history if facts.standing else ()
    ours = candidate.artefact if candidate else ""
    found = next((each for each in moves if each.artefact not in {ours, ""}), None)
    return f"release {found.release}, {found.candidate}" if found else ""


def _way(name: str, found: list[str], without: str) -> Way:
    said = " and ".join(spoken(each) for each in found)
    return Way(name, said or without, bool(found))


def lineage(facts: Facts) -> tuple[Link, ...]:
    """Digests of sources, snapshot, split, code, environment, candidate, release and ledger, in the chain's order."""
    chain, candidate = facts.chain, facts.checked.candidate
    plan = digest(facts.project.plan.text.model_dump(mode="json"))
    found = [Link("plan", facts.project.plan.path.name, plan)]
    found += [
        Link("source", chain.plan.text.data.sources[each.name].uri, each.digest)
        for each in chain.snapshot.sources
    ]
    rows = f"{numbers.count(chain.snapshot.rows)} rows"
    found += [
        Link("snapshot", rows, chain.snapshot.id),
        Link("split", f"by {chain.plan.text.data.split.by}", chain.split_key),
    ]
    if candidate is not None:
        found += _of_candidate(candidate, facts)
    if facts.standing is not None and facts.standing.manifest:
        number = f"release {facts.standing.release}"
        found.append(Link("manifest", number, facts.standing.manifest))
    heads = sorted(facts.project.ledger.heads().items())
    found += [
        Link("ledger", f"chain {name}, entry {numbers.count(head.seq)}", head.digest)
        for name, head in heads
    ]
    return tuple(found)


def _of_candidate(candidate: Candidate, facts: Facts) -> list[Link]:
    trained = not is_baseline(candidate.family)
    code = facts.chain.code(candidate.family) if trained else {}
    versions = facts.chain.environment if trained else {}
    return [
        *(Link("code", name, each) for name, each in sorted(code.items())),
        *(Link("version", name, each) for name, each in sorted(versions.items())),
        Link("recipe", spoken(candidate.family), candidate.recipe),
        Link("candidate", candidate.name, candidate.artefact),
    ]


def run_of(facts: Facts) -> Run | None:
    """The run that made the candidate; None if it isn't among the newest."""
    candidate = facts.checked.candidate
    artefact = candidate.artefact if candidate else None
    return next((each for each in facts.runs if each.candidate.artefact == artefact), None)


def steps(facts: Facts) -> tuple[Step, ...]:
    """How to get the same candidate and the same verdicts."""
    from seatrial import __version__

    run = run_of(facts)
    python = ".".join(platform.python_version_tuple()[:2])
    found = [
        Step(
            f"Install the same version, in Python {python}", f"pip install seatrial=={__version__}"
        )
    ]
    if run is not None and run.git:
        dirty = "; files differed from it, so it isn't all" if run.git["dirty"] else ""
        commit = f"Check out the code that trained it{dirty}"
        found.append(Step(commit, f"git checkout {run.git['commit']}"))
    else:
        found.append(
            Step(
                "Take plan, code and sources that have the digests above: no commit is on file", ""
            )
        )
    found.append(Step("Prove that the ledger is whole", "seatrial ledger verify"))
    if run is not None:
        again = "Train it again: the same archive, byte for byte, or what differs"
        found.append(Step(again, f"seatrial runs rerun {run.digest[:6]}"))
    else:
        found.append(Step("Train", "seatrial train"))
    return (
        *found,
        Step("Measure every claim again", "seatrial check --again"),
        Step("Write this file again", "seatrial report --out report.html"),
    )
