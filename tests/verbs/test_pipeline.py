"""The whole way, from raw data to an answer, is a claim like others."""

import seatrial
from seatrial.core.clock import ManualClock
from seatrial.verbs.project import Project


def with_claim(root, text: str) -> None:
    path = root / "plan.yaml"
    path.write_text(path.read_text().replace("claims:\n", f"claims:\n  - {text}\n"))


def test_the_whole_way_runs_beside_what_is_on_file(copy_of_shop) -> None:
    with_claim(copy_of_shop, "pipeline")
    project = seatrial.open(copy_of_shop)
    before = len(project.ledger.find("candidate"))
    (judgement,) = project.check(only=["pipeline"]).judgements
    assert judgement.verdict == "pass"
    assert judgement.evidence.findings[0].startswith("2,400 rows became ")
    assert len(project.ledger.find("candidate")) == before


def test_a_step_that_fails_is_named_with_its_reason(copy_of_shop, monkeypatch) -> None:
    with_claim(copy_of_shop, "pipeline")
    monkeypatch.setattr(
        "seatrial.verbs.train.Trainer.make", lambda *_: (_ for _ in ()).throw(MemoryError("full"))
    )
    (judgement,) = seatrial.open(copy_of_shop).check(only=["pipeline"]).judgements
    assert (judgement.verdict, judgement.reason) == ("fail", "training raised MemoryError: full")


def test_it_is_due_again_when_its_turn_comes_and_not_before(copy_of_shop, monkeypatch) -> None:
    runs = []
    monkeypatch.setattr(
        "seatrial.verbs.pipeline.run", lambda _project: (runs.append(1), (True, "ran"))[1]
    )
    with_claim(copy_of_shop, "{claim: pipeline, every: night}")
    clock = ManualClock(seatrial.open(copy_of_shop).clock.now())
    project = Project(copy_of_shop, clock=clock)

    def nightly():
        return project.check(due="night", only=["pipeline"]).judgements[0]

    assert nightly().verdict == "pass"
    clock.advance(days=0.3)
    nightly()
    assert len(runs) == 1
    clock.advance(days=0.6)
    nightly()
    assert len(runs) == 2
    clock.advance(days=3)
    (stale,) = project.check(only=["pipeline"], measure=False).judgements
    assert (stale.verdict, stale.reason) == ("unknown", "nightly, last measured 3 d ago")
