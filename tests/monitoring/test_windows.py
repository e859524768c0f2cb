"""Event time is cut into at most twelve windows that people can read."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.monitoring.windows import MOST_WINDOWS, WIDTHS, cut

MOMENTS = st.datetimes(
    min_value=datetime(2013, 1, 1),  # noqa: DTZ001 — hypothesis gives the zone
    max_value=datetime(2030, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
LENGTHS = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=4000))


@given(first=MOMENTS, length=LENGTHS)
def test_windows_are_without_gap_hold_every_event_and_are_at_most_twelve(first, length) -> None:
    last = first + length
    found = cut(first, last)
    assert 1 <= len(found) <= MOST_WINDOWS
    assert all(before.end == after.start for before, after in pairwise(found))
    assert found[0].start <= first < found[0].end
    assert found[-1].start <= last < found[-1].end
    assert {each.end - each.start for each in found[1:]} <= set(WIDTHS)


@given(first=MOMENTS, length=LENGTHS)
def test_windows_do_not_move_while_their_width_stays(first, length) -> None:
    found, later = cut(first, first + length), cut(first, first + length + timedelta(minutes=30))
    if found[-1].end - found[-1].start == later[-1].end - later[-1].start and len(found) < 12:
        assert later[: len(found)] == found


@pytest.mark.parametrize(
    ("hours", "width_h", "count"),
    [
        (0, 1, 1),
        (11.9, 1, 12),
        (12, 6, 3),
        (71.9, 6, 12),
        (72, 24, 4),
        (12 * 24 - 0.1, 24, 12),
        (12 * 24, 7 * 24, 2),
        (12 * 7 * 24 - 0.1, 7 * 24, 12),
        (12 * 7 * 24, 28 * 24, 3 + 1),
        (12 * 28 * 24, 91 * 24, 4),
    ],
)
def test_the_narrowest_width_that_needs_no_more_than_twelve_is_taken(hours, width_h, count) -> None:
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    found = cut(midnight, midnight + timedelta(hours=hours))
    assert {each.end - each.start for each in found} == {timedelta(hours=width_h)}
    assert len(found) == count


def test_windows_of_hours_start_on_the_hour_and_those_of_days_at_midnight() -> None:
    first = datetime(2026, 3, 1, 7, 23, tzinfo=UTC)
    assert cut(first, first)[0].start == datetime(2026, 3, 1, 7, tzinfo=UTC)
    assert cut(first, first + timedelta(days=1))[0].start == datetime(2026, 3, 1, 6, tzinfo=UTC)
    assert cut(first, first + timedelta(days=30))[0].start == datetime(2026, 3, 1, tzinfo=UTC)


def test_beyond_twelve_quarters_the_oldest_are_one_window() -> None:
    first = datetime(2020, 1, 1, tzinfo=UTC)
    found = cut(first, first + timedelta(days=91 * 20))
    assert len(found) == 12
    assert found[0].end - found[0].start == timedelta(days=91 * 10)
