"""A set of cases has claims of its own, and a candidate that is released is what a new one is held against."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

import seatrial
from seatrial.core.errors import DataError, NotFoundError
from seatrial.verbs.release import propose

SETS = """\
scenarios:
  vip: {rows: vip.csv, expect: late, because: the owner asks about them, every: push}
  storm: {where: rain > 8, because: the courier can't go}
claims:
  - {claim: accuracy on vip >= 0.9, id: vip}
  - {claim: worst accuracy on vip by store >= 0.1, id: vip-stores, commitment: observe}
  - {claim: accuracy on vip >= 0.9 where hour >= 20, id: vip-late}
  - {claim: recall on storm >= 0.1, id: storm}
  - {claim: recall >= 0.1 where rain > 8, id: slice}
  - {claim: recall vs champion >= -0.5, id: champion}
  - {claim: recall vs previous >= -0.5, id: previous}
"""
HOURS = [21, 22, 21, 22, 21, 22, 9, 8, 9, 8, 9, 8]


def write_cases(root: Path, *, wrong: int = 0) -> None:
    late = [hour > 15 for hour in HOURS]
    late[:wrong] = [not each for each in late[:wrong]]
    columns = {"day": 3, "items": 2, "age": 40, "region": "north"}
    rain = [12.0 if hour > 15 else 0.1 for hour in HOURS]
    frame = pl.DataFrame({"hour": HOURS, "rain": rain, "late": late}).with_columns(
        store=pl.Series(["B" if hour > 15 else "A" for hour in HOURS]),
        **{name: pl.lit(value) for name, value in columns.items()},
    )
    frame.write_csv(root / "vip.csv")


@pytest.fixture
def root(copy_of_shop) -> Path:
    path = copy_of_shop / "plan.yaml"
    path.write_text(path.read_text().replace("claims:\n", SETS, 1))
    write_cases(copy_of_shop)
    return copy_of_shop


def judged(root: Path, *names: str) -> dict:
    project = seatrial.open(root)
    found = project.check(only=names)
    project.close()
    return {each.claim: each for each in found.judgements}


def edit(root: Path, name: str, old: str, new: str) -> None:
    text = (root / name).read_text()
    assert old in text
    (root / name).write_text(text.replace(old, new))


def retrained(root: Path, hour: int) -> str:
    """Another candidate, of another feature; its short name."""
    path = root / "feats.py"
    path.write_text(f"def evening(hour):\n    return hour >= {hour}\n")
    project = seatrial.open(root)
    try:
        return project.train().kept.candidate.name
    finally:
        project.close()


def proposed(root: Path) -> None:
    project = seatrial.open(root)
    assert propose(project, by="ann", override="its memory is not under test").move is not None
    project.close()


def test_twelve_right_answers_are_too_few_to_prove_nine_in_ten(root) -> None:
    found = judged(root, "vip")["vip"]
    assert (found.evidence.estimate.value, found.evidence.estimate.n) == (1.0, 12)
    assert found.verdict == "unknown"
    assert found.reason.startswith("not settled; about ")


def test_groups_and_slices_of_a_set_are_of_its_own_rows(root) -> None:
    found = judged(root, "vip-stores", "vip-late")
    assert [each.label for each in found["vip-stores"].evidence.groups] == ["A", "B"]
    assert found["vip-late"].evidence.estimate.n == 6


def test_a_set_that_a_condition_chooses_is_that_slice_of_test(root) -> None:
    found = judged(root, "storm", "slice")
    assert found["storm"].evidence.estimate == found["slice"].evidence.estimate
    assert found["storm"].evidence.estimate.n > 0


def test_changed_cases_make_their_own_claims_stale_and_no_others(root) -> None:
    before = judged(root, "vip", "storm", "precision")
    write_cases(root, wrong=2)
    project = seatrial.open(root)
    why = project.why("vip")
    assert [each.input for each in why.changed] == ["scenario vip"]
    assert not project.why("storm").stale
    project.close()
    after = judged(root, "vip", "storm", "precision")
    assert after["vip"].evidence.estimate.value == pytest.approx(10 / 12)
    assert after["storm"].evidence.digest == before["storm"].evidence.digest
    assert after["precision"].evidence.digest == before["precision"].evidence.digest


def test_a_broken_row_keeps_its_claims_unknown_and_no_others(root) -> None:
    edit(root, "vip.csv", "21,12.0,true", "late,12.0,true")
    found = judged(root, "vip", "storm")
    assert found["vip"].verdict == "unknown"
    assert found["vip"].reason.startswith("vip.csv: row 1: hour is 'late'")
    assert found["storm"].evidence is not None


def test_a_file_that_is_gone_keeps_its_claims_unknown(root) -> None:
    (root / "vip.csv").unlink()
    assert "vip.csv" in judged(root, "vip")["vip"].reason


def test_a_column_that_is_missing_is_named(root) -> None:
    edit(root, "vip.csv", "hour,rain,late,store", "hour,rain,late,shop")
    assert judged(root, "vip")["vip"].reason.startswith("vip.csv: there is no column store")


def test_before_anything_is_released_there_is_no_champion(root) -> None:
    found = judged(root, "champion")["champion"]
    assert (found.verdict, found.reason) == (
        "not applicable",
        "there is no champion: nothing has been released",
    )


def test_a_candidate_is_not_held_against_itself(root) -> None:
    retrained(root, 17)
    proposed(root)
    found = judged(root, "champion")["champion"]
    assert (found.verdict, found.reason) == (
        "not applicable",
        "there is no champion: no other candidate was released",
    )


def test_a_new_candidate_is_held_against_what_is_released_with_its_own_code(root) -> None:
    first = retrained(root, 17)
    proposed(root)
    assert retrained(root, 12) != first
    found = judged(root, "champion", "previous")
    assert found["champion"].evidence.leaves["champion"] == first
    assert found["champion"].evidence.estimate.method.startswith("paired")
    assert found["previous"].verdict == "not applicable"


def test_releasing_a_candidate_does_not_take_away_what_it_is_held_against(root) -> None:
    first = retrained(root, 17)
    proposed(root)
    second = retrained(root, 12)
    proposed(root)
    assert judged(root, "champion")["champion"].evidence.leaves["champion"] == first
    retrained(root, 20)
    found = judged(root, "champion", "previous")
    assert found["champion"].evidence.leaves["champion"] == second
    assert found["previous"].evidence.leaves["previous"] == first


def test_a_champion_that_asks_for_a_column_that_is_gone_says_which(root) -> None:
    retrained(root, 17)
    proposed(root)
    frame = pl.read_csv(root / "orders.csv").drop("items")
    frame.write_csv(root / "orders.csv")
    retrained(root, 17)
    found = judged(root, "champion")["champion"]
    assert found.verdict == "unknown"
    assert "asks for the column items, which the data no longer has; bring it back" in found.reason


def test_a_champion_of_another_target_is_no_measure(root) -> None:
    retrained(root, 17)
    proposed(root)
    edit(root, "plan.yaml", "minutes_late >= 15", "minutes_late >= 12")
    retrained(root, 17)
    reason = judged(root, "champion")["champion"].reason
    assert "predicts `minutes_late >= 15`" in reason
    assert "`minutes_late >= 12`" in reason


def test_a_champion_whose_code_is_elsewhere_says_where_it_should_be(root) -> None:
    retrained(root, 17)
    proposed(root)
    retrained(root, 12)
    shutil.rmtree(root / ".seatrial" / "serving" / "code")
    assert ".seatrial/serving/code/" in judged(root, "champion")["champion"].reason


def test_quick_asks_every_case_that_must_be_right(root) -> None:
    done = seatrial.open(root).quick()
    assert done.failed == ()
    kinds = [each.kind for each in done.cases]
    assert kinds[:2] == ["archive", "contract"]
    assert kinds.count("scenario") == len(HOURS)
    assert {"every input missing", "hour = inf"} <= {each.name for each in done.cases}


def test_quick_shows_what_was_given_expected_and_answered(root) -> None:
    write_cases(root, wrong=1)
    done = seatrial.open(root).quick()
    (case,) = done.failed
    assert done.exit_code == 3
    assert (case.name, case.expected) == ("vip row 1", "false")
    assert case.answered.startswith("true (")
    assert (case.given["hour"], case.given["store"]) == (21.0, "B")
    json.dumps(done.to_json(), allow_nan=False)


def test_quick_asks_nothing_of_an_archive_that_is_not_what_was_judged(root) -> None:
    artefact = seatrial.open(root).check(measure=False).candidate.artefact
    (blob,) = (root / ".seatrial" / "blobs").rglob(f"{artefact}*")
    blob.chmod(0o644)
    blob.write_bytes(blob.read_bytes()[:-1] + b"x")
    done = seatrial.open(root).quick()
    assert [each.kind for each in done.failed] == ["archive"]
    assert len(done.cases) == 1


def test_quick_refuses_cases_that_cannot_be_read(root) -> None:
    edit(root, "vip.csv", "21,12.0,true", "late,12.0,true")
    with pytest.raises(DataError, match="row 1: hour is 'late'"):
        seatrial.open(root).quick()


def test_quick_needs_a_candidate_of_what_is_there_now(root) -> None:
    edit(root, "feats.py", ">= 17", ">= 18")
    with pytest.raises(NotFoundError, match="no candidate of what is there now"):
        seatrial.open(root).quick()
