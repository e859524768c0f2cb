"""A command changes the claim that it is about; the rest of the file stays as it was written."""

from datetime import UTC, date, datetime

import pytest

import seatrial
from seatrial.core.clock import ManualClock
from seatrial.core.errors import ConflictError, NotFoundError, UserError
from seatrial.plan.load import load
from seatrial.verbs.claim import sign, waive

PLAN = """\
# The flights of New York.
version: 1
project: flights   # one word
owners: {default: ops-desk}

task:
  kind: classification
  target: "arr_delay >= 15"
data:
  sources: {rows: {uri: rows.csv}}
  key: id
optimize: f1
claims:
  # What the desk was promised.
  - precision >= 0.40   # two in five
  - {claim: 'recall >= 0.10 where origin = ''LGA''', draft: true}   # LaGuardia
  - claim: accuracy >= 0.5
    draft: true
    owner: ops-desk   # nights too

  # The last word.
  - no_leakage
release: {fallback: hour >= 18}
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "plan.yaml").write_text(PLAN)
    return seatrial.open(tmp_path, clock=ManualClock(datetime(2026, 6, 15, tzinfo=UTC)))


def changed_lines(project) -> list[tuple[str, str]]:
    now = (project.root / "plan.yaml").read_text().splitlines()
    return [pair for pair in zip(PLAN.splitlines(), now, strict=True) if pair[0] != pair[1]]


def test_a_signature_takes_the_word_draft_and_nothing_else(project) -> None:
    assert sign(project, "recall.where-origin-lga", by="ada") == ("recall.where-origin-lga",)
    (line,) = changed_lines(project)
    assert line[1].startswith("  - {claim: 'recall >= 0.10 where origin = ''LGA'''} ")
    assert line[1].endswith(" # LaGuardia")


def test_all_drafts_can_be_signed_at_once(project) -> None:
    assert sign(project, "all", by="ada") == ("recall.where-origin-lga", "accuracy")
    assert [each.draft for each in load(project.root / "plan.yaml").claims] == [False] * 4


def test_a_signature_keeps_every_comment(project) -> None:
    sign(project, "all", by="ada")
    text = (project.root / "plan.yaml").read_text()
    assert "# nights too" in text
    assert "# LaGuardia" in text
    assert "# The last word." in text


def test_a_waiver_is_written_beside_its_claim_and_every_comment_stays(project) -> None:
    waive(project, "precision", reason="a new terminal", by="ada", until=date(2026, 7, 1))
    (line,) = changed_lines(project)
    assert line[0] == "  - precision >= 0.40   # two in five"
    assert line[1].startswith("  - {claim: precision >= 0.40, waived: {")
    assert line[1].endswith("# two in five")
    waiver = load(project.root / "plan.yaml").claim("precision").waiver
    assert (waiver.reason, waiver.by, waiver.until) == ("a new terminal", "ada", date(2026, 7, 1))


@pytest.mark.parametrize(
    "reason", ["it's 5 # of 8", "a: b", 'he said "no"', "- x", "é\nnext", "{a}", "null", "1.5"]
)
def test_a_reason_in_any_signs_is_read_back_as_it_was_given(project, reason) -> None:
    waive(project, "no_leakage", reason=reason, by="ada: b", until=date(2026, 7, 1))
    waiver = load(project.root / "plan.yaml").claim("no_leakage").waiver
    assert (waiver.reason, waiver.by) == (reason, "ada: b")


def test_a_second_waiver_replaces_the_first(project) -> None:
    waive(project, "precision", reason="first", by="ada", until=date(2026, 7, 1))
    again = seatrial.open(project.root, clock=project.clock)
    waive(again, "precision", reason="second", by="bo", until=date(2026, 8, 1))
    assert load(project.root / "plan.yaml").claim("precision").waiver.reason == "second"


def test_waivers_and_signatures_are_entries_without_names(project) -> None:
    sign(project, "accuracy", by="Ada Lovelace")
    waive(project, "precision", reason="late", by="Ada Lovelace", until=date(2026, 7, 1))
    entries = [
        project.ledger.newest("signature", "accuracy"),
        project.ledger.newest("waiver", "precision"),
    ]
    assert entries[0].payload["text"] == "accuracy >= 0.5"
    assert entries[1].payload["until"] == "2026-07-01"
    assert "Lovelace" not in str([each.payload for each in entries])


@pytest.mark.parametrize(
    ("command", "error", "fact"),
    [
        (lambda it: sign(it, "precision", by="ada"), ConflictError, "precision is no draft"),
        (lambda it: sign(it, "acuracy", by="ada"), NotFoundError, "no claim is called acuracy"),
        (lambda it: sign(it, "accuracy", by=" "), UserError, "a signature needs a name"),
        (
            lambda it: waive(it, "precision", reason="", by="ada", until=date(2026, 7, 1)),
            UserError,
            "a waiver needs a reason and a name",
        ),
        (
            lambda it: waive(it, "precision", reason="r", by="ada", until=date(2026, 6, 14)),
            UserError,
            "2026-06-14 is past",
        ),
    ],
)
def test_a_command_that_is_refused_leaves_the_plan_as_it_was(project, command, error, fact) -> None:
    with pytest.raises(error, match=fact):
        command(project)
    assert changed_lines(project) == []


def test_a_plan_that_can_not_be_written_is_as_it_was_and_no_waiver_is_filed(
    project, monkeypatch
) -> None:
    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(seatrial.core.errors.StoreError, match="No space left on device"):
        waive(project, "precision", reason="r", by="ada", until=date(2026, 7, 1))
    assert changed_lines(project) == []
    assert project.ledger.newest("waiver", "precision") is None
    assert sorted(each.name for each in project.root.glob(".plan*")) == []
