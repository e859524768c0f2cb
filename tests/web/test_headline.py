"""The sentence that states the situation, for every situation."""

import pytest

from seatrial.records.release import GateCheck, Move, Rung, Standing
from seatrial.web.head import headline
from seatrial.web.shown import Row


def claim(name, verdict, commitment="guarantee"):
    blocks = commitment == "guarantee" and verdict in {"fail", "unknown"}
    return Row(
        name,
        f"{name} ≥ 0.5",
        name,
        verdict,
        "",
        commitment,
        "ada",
        blocks,
        0.5,
        ">=",
        False,
        "needs at least 0.5",
        None,
        None,
        {},
    )


def move(action="propose", came="", went="shadow", by="ada", claim=""):
    return Move(
        "2026-07-01T08:00:00Z",
        action,
        5,
        "boosted 7be1c0",
        "7be1c0",
        came,
        went,
        by,
        "because",
        GateCheck(Rung.parse(went), ()),
        None,
        "ab",
        claim,
    )


def standing(rung, last=None):
    return Standing(
        "shop",
        5,
        "boosted 7be1c0",
        Rung.parse(rung),
        (),
        "rule hour >= 17",
        None,
        (),
        (last or move(went=rung),),
        "ab",
        None,
        ("id",),
    )


GOOD = [claim("recall", "pass"), claim("schema", "pass")]


@pytest.mark.parametrize(
    ("rows", "now", "trained", "said"),
    [
        (GOOD, None, False, "Nothing is trained yet, so nothing is proved."),
        ([], None, True, "Nothing is claimed yet, so nothing can be proved."),
        (GOOD, None, True, "Every claim holds, and nothing is released yet."),
        (GOOD, standing("shadow"), True, "Every claim holds, and release 5 answers in shadow."),
        (GOOD, standing("partial 25%"), True, "Every claim holds, and release 5 decides 25 %."),
        (GOOD, standing("full"), True, "Every claim holds, and release 5 decides."),
        (
            [claim("precision", "fail"), *GOOD],
            None,
            True,
            "Precision fails, so nothing may decide yet.",
        ),
        (
            [claim("precision", "fail"), claim("recall", "fail")],
            standing("shadow"),
            True,
            "Precision and recall fail, so release 5 stays in shadow.",
        ),
        (
            [claim("a", "fail"), claim("b", "fail"), claim("c", "fail")],
            standing("partial 25%"),
            True,
            "A and 2 more fail while release 5 decides 25 %.",
        ),
        (
            [claim("coverage", "unknown"), *GOOD],
            None,
            True,
            "Coverage is not proved, so nothing may decide yet.",
        ),
        (
            [claim("gap", "fail", "target"), *GOOD],
            None,
            True,
            "Every guarantee holds; gap does not.",
        ),
        (
            [claim("drift", "unknown", "target"), *GOOD],
            None,
            True,
            "No claim fails; drift is not known.",
        ),
        (
            [claim("age", "waived"), *GOOD],
            standing("full"),
            True,
            "Every claim holds or is waived, and release 5 decides.",
        ),
        (
            [claim("precision", "fail"), *GOOD],
            standing("shadow", move("rollback", "partial 25%", "shadow", "guard", "precision")),
            True,
            "Precision no longer holds, so release 5 is back in shadow.",
        ),
        (
            GOOD,
            standing("shadow", move("rollback", "partial 25%", "shadow", "ada")),
            True,
            "Ada took it back, so release 5 is back in shadow.",
        ),
        (
            GOOD,
            standing("human", move("rollback", "shadow", "human", "guard", "recall")),
            True,
            "Recall did not hold, so release 5 is out of service.",
        ),
    ],
)
def test_it_follows_from_the_verdicts_and_the_release(rows, now, trained, said):
    assert headline(rows, now, trained=trained).replace("\u00a0", " ") == said
