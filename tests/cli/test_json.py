"""Each JSON document has exactly the documented keys and types, and each key is documented."""

import json
import re
from pathlib import Path

import pytest

import seatrial
from seatrial.runtime.switch import Switch
from seatrial.verbs.bundle import serving_folder

PAGE = Path(__file__).parents[2] / "docs" / "json.md"
NUMBER = (int, float)


class Maybe:
    """A value that may be null."""

    def __init__(self, schema) -> None:
        self.schema = schema


class Each:
    """An object with free keys, all of its values alike."""

    def __init__(self, schema) -> None:
        self.schema = schema


class Only:
    """One of a few words or numbers."""

    def __init__(self, *allowed) -> None:
        self.allowed = allowed


ESTIMATE = {
    "value": Maybe(NUMBER),
    "low": Maybe(NUMBER),
    "high": Maybe(NUMBER),
    "n": int,
    "method": str,
    "unit": str,
}
CHANGED = {"input": str, "was": Maybe(str), "now": Maybe(str)}
RUNG = {
    "family": str,
    "candidate": str,
    "metrics": Each(ESTIMATE),
    "against_best": Maybe(ESTIMATE),
    "excluded": Maybe(str),
    "threshold": Maybe(NUMBER),
    "form": Only("constant", "column", "rule", "estimator", "onnx"),
    "parity": str,
    "seconds": NUMBER,
    "peak_mb": NUMBER,
    "reused": bool,
    "augmented": dict,
    "caveat": str,
}
STAGE = {
    "stage": Only("offline", "shadow", "canary", "production"),
    "verdict": Only("pass", "fail", "unknown", "not applicable", "waived"),
    "estimate": Maybe(ESTIMATE),
    "evidence": Maybe(str),
    "fresh": bool,
    "reason": str,
}
CLAIM = {
    "id": str,
    "text": str,
    "commitment": Only("guarantee", "target", "observe"),
    "owner": str,
    "draft": bool,
    "stages": [STAGE],
}
CASE = {
    "kind": Only("archive", "contract", "edge", "scenario"),
    "name": str,
    "passed": bool,
    "given": dict,
    "expected": str,
    "answered": str,
}
JOB = {
    "cadence": Only("push", "night", "week"),
    "at": str,
    "commands": [str],
    "claims": [str],
    "cost": {"value": NUMBER, "unit": Only("s")},
}
STEP = {
    "title": str,
    "why": str,
    "evidence": [str],
    "gain": Maybe(ESTIMATE),
    "gain_reason": str,
    "cost": Maybe({"value": NUMBER, "unit": Only("s")}),
    "command": str,
}
TEST = {
    "id": str,
    "title": str,
    "points": Only(0, 0.5, 1),
    "evidence": Maybe(str),
    "missing": str,
}
SECTIONS = {"data": NUMBER, "model": NUMBER, "infrastructure": NUMBER, "monitoring": NUMBER}
RUN = {
    **dict.fromkeys(("run", "at", "family", "recipe", "artefact"), str),
    "parameters": dict,
    "threshold": Maybe(NUMBER),
    "seconds": NUMBER,
    "peak_mb": NUMBER,
    "git": Maybe({"commit": str, "dirty": bool}),
    "metrics": Each(ESTIMATE),
    "code": Each(str),
    "config": str,
    "data": {"snapshot": str, "split": str},
    "environment": Each(str),
    "seed": int,
}
FOREIGN = {
    **dict.fromkeys(("run", "id", "tracker", "server", "experiment", "name", "status"), str),
    "started": Maybe(str),
    "ended": Maybe(str),
    "artifacts": str,
    "parameters": Each(str),
    "metrics": Each(ESTIMATE),
    "tags": Each(str),
}
VERDICT = Only("pass", "fail", "unknown", "not applicable", "waived")
HAZARD = {"what": str, "claim": Maybe(str), "text": str, "verdict": Maybe(VERDICT)}
REQUIREMENT = {
    "what": str,
    "verdict": VERDICT,
    "reason": str,
    "claim": Maybe(str),
    "evidence": str,
}
GATE = {"rung": str, "passed": bool, "requirements": [REQUIREMENT]}
OVERRIDE = {"by": str, "why": str, "at": str}
GUARD = {
    "claim": str,
    "text": str,
    "seen": Maybe(ESTIMATE),
    "against": NUMBER,
    "limit": NUMBER,
    "n": int,
    "verdict": VERDICT,
    "decision": str,
}
MOVE = {
    "at": str,
    "action": Only("propose", "advance", "rollback", "override", "renew"),
    "release": int,
    **dict.fromkeys(("candidate", "artefact", "came", "went", "by", "reason"), str),
    "gate": GATE,
    "override": Maybe(OVERRIDE),
    "manifest": str,
    "claim": str,
    "digest": str,
}
WINDOW = {
    "start": str,
    "end": str,
    "decisions": int,
    "known": int,
    "is_mature": bool,
    "rung": str,
}
SERIES = {
    "name": str,
    "claim": Maybe(str),
    "owner": str,
    "stage": str,
    "points": [{"estimate": Maybe(ESTIMATE), "verdict": VERDICT}],
    "newest": Maybe(ESTIMATE),
    "verdict": VERDICT,
    "settled": VERDICT,
    "blocks": bool,
    "reason": str,
    "guard": Maybe(GUARD),
    "evidence": str,
    "cleared": str,
}
MOVED = {
    "feature": str,
    "shift": Only("distance", "missing", "new level", "unit"),
    "was": str,
    "now": str,
    "effect": NUMBER,
    "limit": NUMBER,
    "p": NUMBER,
    "verdict": VERDICT,
    "reading": str,
}
ALARM = {
    **dict.fromkeys(("id", "at", "owner", "sentence", "closed"), str),
    "sent": [str],
    "evidence": str,
}
RELEASED = {
    "release": {
        "project": str,
        "release": int,
        "candidate": str,
        "level": Only("human", "shadow", "assist", "partial", "full"),
        "share": NUMBER,
        "rung": str,
        "path": [str],
        "decider": str,
        "next": Maybe(GATE),
        "guards": [GUARD],
        "history": [MOVE],
        "override": Maybe(OVERRIDE),
        "manifest": str,
        "valid_until": Maybe(str),
    },
    "release advance": {"moved": bool, "move": Maybe(MOVE), "gate": GATE},
    "release history": {"moves": [MOVE]},
    "watch": {
        "project": str,
        "at": str,
        "release": int,
        "candidate": str,
        "rung": str,
        "decisions": int,
        "known": ESTIMATE,
        "delay_h": Maybe(NUMBER),
        "windows": [WINDOW],
        "claims": [SERIES],
        "figures": [SERIES],
        "moved": [MOVED],
        "reference": str,
        "alarms": [ALARM],
        "advice": str,
        "paired": Maybe(ESTIMATE),
    },
}
"""Documents of a project that answers requests."""
DOCUMENTS = {
    "train": {
        "chosen": str,
        "candidate": str,
        "why": str,
        "rows": int,
        "unlabelled": int,
        "ladder": [RUNG],
    },
    "check": {
        "project": str,
        "candidate": Maybe(str),
        "verdict": Only("pass", "fail", "unknown"),
        "blocks": [{"id": str, "stage": str}],
        "claims": [CLAIM],
    },
    "quick": {
        "project": str,
        "candidate": str,
        "passed": bool,
        "tried": int,
        "seconds": NUMBER,
        "failed": [CASE],
    },
    "schedule": {
        "project": str,
        "jobs": [JOB],
        "continuous": [str],
    },
    "why": {"claim": str, "stale": bool, "changed": [CHANGED]},
    "next": {"steps": [STEP]},
    "readiness": {"score": NUMBER, "sections": SECTIONS, "tests": [TEST]},
    "plan diff": {
        "changed": [{"path": str, "was": Maybe(str), "now": Maybe(str)}],
        "measured_again": [str],
        "judged_again": [str],
    },
    "runs list": {"runs": [RUN], "foreign": [FOREIGN]},
    "report": {
        "head": {"title": str, "lede": str, "facts": [dict]},
        "upto": str,
        "judged": str,
        "tally": Each(int),
        "rows": [dict],
        "claims": [dict],
        "hazards": {"sentence": str, "rows": [HAZARD]},
        "sign_offs": [dict],
        "score": NUMBER,
        "sections": [dict],
        "ladder": Maybe(dict),
        "ways": [{"way": str, "found": str, "there": bool}],
        "chosen": Maybe({"threshold": str, "by": str, "under": [str], "confidence": str}),
        "answers": Maybe(dict),
        "slices": [dict],
        "symptoms": [{"title": str, "verdict": VERDICT, "found": str}],
        "errors": Maybe(dict),
        "history": [dict],
        "data": dict,
        "checks": [{"name": str, "verdict": VERDICT, "found": str}],
        "lineage": [{"what": str, "name": str, "digest": str}],
        "again": [{"does": str, "command": str}],
    },
    "card": {
        "project": str,
        "candidate": str,
        "sentence": str,
        "upto": str,
        "judged": str,
        "unstated": [str],
        "front": dict,
        "sections": [{"title": str, "blocks": [dict]}],
    },
    "runs compare": {
        "runs": [str],
        "iteration": str,
        "changed": [CHANGED],
        "parameters": [CHANGED],
        "metric": str,
        "difference": Maybe(ESTIMATE),
        "foreign": [str],
        "figures": [{"metric": str, "first": Maybe(ESTIMATE), "second": Maybe(ESTIMATE)}],
    },
    "runs history": {
        "metric": str,
        "rows": int,
        "higher_is_better": bool,
        "steps": [
            {
                "at": str,
                "candidate": str,
                "family": str,
                "kind": str,
                "changed": [str],
                "estimate": Maybe(ESTIMATE),
                "gain": Maybe(ESTIMATE),
                "reason": str,
                "turn": Maybe(
                    {
                        "whole_s": NUMBER,
                        "looked_s": Maybe(NUMBER),
                        "data_s": Maybe(NUMBER),
                        "fit_s": NUMBER,
                    }
                ),
            }
        ],
        "sums": [{"kind": str, "steps": int, "better": int, "worse": int, "total": float}],
        "turn_s": Maybe(NUMBER),
    },
}
ARGUMENTS = {"why": ["precision"], "runs compare": ["rule", "builders:plain"]}


def faults(value, schema, path="$") -> list[str]:
    """What is wrong with a value."""
    match schema:
        case Maybe():
            return [] if value is None else faults(value, schema.schema, path)
        case Only():
            return [] if value in schema.allowed else [f"{path}: {value!r}"]
        case Each():
            return [
                each for k, v in value.items() for each in faults(v, schema.schema, f"{path}.{k}")
            ]
        case [inner]:
            if not isinstance(value, list):
                return [f"{path}: no list"]
            return [
                each for at, v in enumerate(value) for each in faults(v, inner, f"{path}[{at}]")
            ]
        case dict():
            if not isinstance(value, dict) or list(value) != list(schema):
                return [f"{path}: {value if not isinstance(value, dict) else list(value)}"]
            return [each for k, s in schema.items() for each in faults(value[k], s, f"{path}.{k}")]
    is_bool = isinstance(value, bool)
    right = is_bool if schema is bool else isinstance(value, schema) and not is_bool
    return [] if right else [f"{path}: {value!r}"]


def keys(schema):
    match schema:
        case Maybe() | Each():
            yield from keys(schema.schema)
        case [inner]:
            yield from keys(inner)
        case dict() if schema is not ESTIMATE:
            for name, below in schema.items():
                yield name
                yield from keys(below)


def asked(name: str) -> list[str]:
    return [*name.split(), *ARGUMENTS.get(name, []), "--json"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_has_exactly_the_documented_keys_and_types(name, shop, run):
    told = run(*asked(name), folder=shop)
    assert told.code in {0, 3}, told.err
    assert faults(told.document, DOCUMENTS[name]) == []


@pytest.mark.parametrize("name", ["check", "next", "readiness"])
def test_it_is_the_same_before_anything_was_trained(name, copy_of_shop, run):
    (copy_of_shop / "plan.yaml").write_text(
        (copy_of_shop / "plan.yaml").read_text().replace("project: shop", "project: new")
    )
    told = run(*asked(name), folder=copy_of_shop)
    assert faults(told.document, DOCUMENTS[name]) == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_nothing_but_the_document_is_on_stdout(name, shop, run):
    told = run(*asked(name), folder=shop)
    assert json.loads(told.out)
    assert "\x1b" not in told.out + told.err


def test_a_document_is_the_same_every_time(shop, run):
    first, second = (run("check", "--json", folder=shop).out for _ in range(2))
    assert first == second


@pytest.fixture
def answering(copy_of_shop, run) -> Path:
    """A project whose candidate is in shadow and has answered, with outcomes."""
    assert run("release", "propose", folder=copy_of_shop).code == 0
    with Switch.open(serving_folder(seatrial.open(copy_of_shop)).path) as switch:
        asked = switch.force.manifest.contract.features
        row = {each.name: (each.levels or (each.low,))[0] for each in asked}
        for key in range(40):
            answer = switch.decide(
                key=key, features=row, at=f"2026-01-{1 + key % 28:02d}T00:00:00Z"
            )
            outcome = switch.force.manifest.contract.classes[key % 2]
            switch.outcome({"decision_id": answer.decision_id, "outcome": outcome})
    return copy_of_shop


def test_documents_of_a_release_have_exactly_the_documented_keys_and_types(answering, run):
    for name in ("watch", "release", "release advance", "release history"):
        told = run(*asked(name), folder=answering)
        assert told.code in {0, 3}, told.err
        assert faults(told.document, RELEASED[name]) == [], name


def test_before_the_first_release_there_is_none(shop, run):
    assert run("release", "--json", folder=shop).document == {"project": "shop", "release": 0}


SECTIONS_OF = {
    "release": ("release",),
    "release advance": ("release advance", "release"),
    "release history": ("release history", "release"),
    "watch": ("watch", "release"),
}


@pytest.mark.parametrize("name", RELEASED)
def test_every_key_of_a_release_is_documented(name):
    text = PAGE.read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    found = dict(zip(parts[1::2], parts[2::2], strict=True))
    section = "".join(found[each] for each in SECTIONS_OF[name])
    assert {key for key in keys(RELEASED[name]) if f"`{key}`" not in section} == set()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_key_is_documented_under_its_command(name):
    text = PAGE.read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    section = dict(zip(parts[1::2], parts[2::2], strict=True))[name]
    missing = {key for key in keys(DOCUMENTS[name]) if f"`{key}`" not in section}
    assert missing == set()


def test_every_field_of_an_estimate_is_documented():
    section = PAGE.read_text(encoding="utf-8").partition("## Estimate")[2].partition("## ")[0]
    assert {key for key in ESTIMATE if f"`{key}`" not in section} == set()


def test_exit_code_3_comes_with_the_whole_document(copy_of_shop, run):
    plan = (copy_of_shop / "plan.yaml").read_text()
    (copy_of_shop / "plan.yaml").write_text(plan.replace("precision >= 0.5", "precision >= 0.99"))
    told = run("check", "precision", "--json", folder=copy_of_shop)
    assert told.code == 3
    assert told.document["verdict"] == "fail"
    assert told.document["blocks"] == [{"id": "precision", "stage": "offline"}]


def test_an_error_leaves_stdout_empty(nowhere, run):
    told = run("check", "--json", folder=nowhere)
    assert (told.code, told.out) == (4, "")
    assert "seatrial init" in told.err


def test_names_survive_where_there_is_no_unicode(shop, monkeypatch, stream):
    from seatrial.cli import console

    out = stream(encoding="ascii", terminal=False)
    monkeypatch.setattr(console.sys, "stdout", out)
    console.show_json({"größe": "≥"})
    assert json.loads(out.text) == {"größe": "≥"}
