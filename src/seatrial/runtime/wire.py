"""Keys and moments, as they come over the wire and as they are kept."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from seatrial.core.digest import canonical

Key = str | int | float | list[str | int | float]
"""What names the thing that is decided about: one value, or the values of a composite key."""
MOST_KEY_BYTES = 1024


def key_text(key: Key) -> str:
    """A key as the text that is hashed: 7, 7.0 and "7" are one key.

    Raises:
        ValueError: a number is NaN, infinite or has thousands of digits.

    >>> key_text(7.0), key_text("7"), key_text(["EWR", 7])
    ('7', '7', '["EWR","7"]')
    """
    if isinstance(key, str):
        return key
    if isinstance(key, list):
        return canonical([key_text(each) for each in key]).decode()
    if not math.isfinite(key):
        raise ValueError(f"{key} names nothing")
    return str(int(key)) if isinstance(key, int) or key.is_integer() else str(key)


def checked_key(key: Key) -> str:
    """A key as text.

    Raises:
        ValueError: it is empty, over 1 KB, or no text that can be written.
    """
    text = key_text(key)
    if not text or key == [] or len(text.encode()) > MOST_KEY_BYTES:
        raise ValueError("the key is empty or over 1 KB")
    return text


def moment(text: str) -> datetime:
    """Read a moment; without a zone it is in UTC, and so is what is given, which has none.

    Raises:
        ValueError: it is no moment.

    >>> moment("2026-01-01T01:00:00+01:00")
    datetime.datetime(2026, 1, 1, 0, 0)
    """
    found = datetime.fromisoformat(text)
    try:
        return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
    except OverflowError as error:
        raise ValueError(str(error)) from None
