"""Wrong answers in the terminal: whatever the names are, its lines stay within its width."""

from seatrial.core.estimate import Estimate
from seatrial.reports.errors import Beside, TagLine, WrongLine, errors
from seatrial.reports.lines import WIDTH, plain

SHARE = Estimate(0.25, 0.183, 0.349, 100, "mover-95")
GAIN = Estimate(12.5, 9.1, 15.25, 100, "mover-95", "points")


def told(**changes) -> str:
    given = {
        "name": "c89803", "part": "dev", "wrong": 300, "is_number": False, "rows": 1200, "seen": 60, "drawn": 100,
        "against": "no error at all", "settled": "", "groups": [], "beside": [], "others": {},
        "tags": [], "worst": [],
    }  # fmt: skip
    return plain(errors(**given | changes))


def test_long_names_and_actions_stay_within_the_width() -> None:
    long = "a tag that somebody gave a very long name indeed"
    action = "collect 12,345; +1,234 rows in all, errors −0.123 ± 0.045"
    text = told(
        tags=[TagLine(long, SHARE, SHARE, SHARE, GAIN, 4, None, action)],
        beside=[Beside(long, {"dev": SHARE, "train": SHARE, "production": SHARE}, {"train": SHARE})],
        others={"production": "aaaaaa"},
        worst=[WrongLine("0" * 16, "Some-long-class, 0.98", "Some-other-class", 3.2, {"text": "so " * 90}, [])],
    )  # fmt: skip
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "4, –" in text
    assert f"{long}: collect 12,345" in " ".join(text.split())
    assert "production was answered by aaaaaa." in text


def test_a_text_is_shown_as_far_as_it_fits_and_columns_by_name() -> None:
    words = "free entry in two a weekly competition to win the cup"
    shown = WrongLine("0" * 16, "spam", "ham", 3.2, {"column_2": words}, [])
    assert words[:34].strip() in told(worst=[shown])
    row = WrongLine("0" * 16, "spam", "ham", 3.2, {"hour": 7, "x": 1.23456, "y": None}, [])
    assert "hour 7, x 1.235, y missing" in told(worst=[row])
