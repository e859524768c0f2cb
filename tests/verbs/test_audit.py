"""What is wrong with the shop's candidate: slices, doctor, errors, trace, each filed and found again."""

import json

import pytest

import seatrial
from seatrial.core.errors import NotFoundError, UserError
from seatrial.verbs.doctor import doctor
from seatrial.verbs.errors import act, errors, rows_where, tag, weigh
from seatrial.verbs.slices import slices
from seatrial.verbs.trace import trace


@pytest.fixture(scope="module")
def project(shop, tmp_path_factory):
    import shutil

    opened = seatrial.open(shutil.copytree(shop, tmp_path_factory.mktemp("audit") / "shop"))
    yield opened
    opened.close()


def test_every_check_of_the_doctor_measures_with_what_it_declares(project) -> None:
    found = doctor(project)
    assert {each.verdict for each in found.checks} <= {"pass", "fail"}, [
        (each.id, each.reason) for each in found.checks if each.verdict not in {"pass", "fail"}
    ]
    assert all(each.evidence for each in found.checks)
    json.dumps(found.to_json(), allow_nan=False)


def test_the_doctor_finds_its_evidence_again(project) -> None:
    before = len(list(project.ledger.find("evidence")))
    doctor(project)
    assert len(list(project.ledger.find("evidence"))) == before


def test_the_parts_of_the_error_sum_to_it(project) -> None:
    parts = doctor(project).parts
    assert sum(each.value for _, each in parts.parts if each.measured) == pytest.approx(
        parts.total.value
    )


def test_slices_are_filed_once_and_are_conditions_that_the_plan_reads(project) -> None:
    found = slices(project, metric="accuracy", least=20)
    again = slices(seatrial.open(project.root), metric="accuracy", least=20)
    assert again.digest == found.digest
    assert found.looked_at > 50
    for each in found.slices:
        n, wrong, _ = rows_where(project, each.where)
        assert n == each.estimate.n
        assert wrong == round((1 - each.estimate.value) * n)


@pytest.mark.parametrize(
    ("options", "fact"),
    [
        ({"depth": 4}, "`--depth` must lie in"),
        ({"least": 0}, "`--min-rows` must be 1"),
        ({"alpha": 2.0}, "`--alpha` must lie in"),
        ({"part": "all"}, "there is no part all"),
        ({"metric": "mae"}, "no metric of the predictions of a binary task"),
        ({"metric": "recall vs rule"}, "without clauses"),
    ],
)
def test_options_out_of_range_are_a_sentence(project, options, fact) -> None:
    with pytest.raises(UserError, match=fact):
        slices(project, **options)


def test_tags_are_kept_and_replaced_and_their_figures_follow(project) -> None:
    wrong = [each for each in errors(project).cases if each.is_wrong]
    right = [each for each in errors(project).cases if not each.is_wrong]
    for each in wrong[:30]:
        tag(project, each.id, ["evening"] if each.place % 2 else ["evening", "rain"])
    for each in right[:30]:
        tag(project, each.id, ["rain, evening"] if each.place % 5 == 0 else [])
    found = errors(project)
    named = {each.priority.tag: each.priority for each in found.tags}
    assert found.seen == 30
    assert named["evening"].share_of_errors.value == 1.0
    assert named["evening"].gain.value > named["rain"].gain.value
    assert named["rain"].share_of_data.measured
    tag(project, wrong[0].id, ["other"])
    assert next(each for each in errors(project).cases if each.id == wrong[0].id).tags == ("other",)


def test_what_people_think_of_a_tag_moves_it_and_what_is_done_stays_on_the_record(project) -> None:
    weigh(project, "rain", ease=5, importance=5, reason="a forecast is at hand")
    assert errors(project).tags[0].priority.tag == "rain"
    act(project, "rain", "features", by="ada", reason="join the forecast")
    action = next(each for each in errors(project).tags if each.priority.tag == "rain").action
    assert (action.action, action.by, action.change) == ("features", "ada", None)
    with pytest.raises(NotFoundError, match="nobody gave the tag"):
        act(project, "snow", "features", by="ada", reason="x")
    with pytest.raises(UserError, match="is no action"):
        act(project, "rain", "pray", by="ada", reason="x")


def test_a_row_is_followed_by_both_ways(project) -> None:
    case = errors(project).worst[0]
    found = trace(project, case.id[:8])
    assert found.is_same
    assert found.truth == case.truth
    assert found.pushes
    json.dumps(found.to_json(), allow_nan=False)
    with pytest.raises(NotFoundError, match="rows of the sample"):
        trace(project, "zz")
    worst = max(
        (each for each in errors(project).cases if each.is_wrong), key=lambda each: each.loss
    )
    assert trace(project).row == worst.id
