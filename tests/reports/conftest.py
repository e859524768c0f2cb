"""A screen as a person gets it: in colour on a terminal, plain in a file, in ASCII without UTF-8."""

import io

import pytest

from seatrial.cli.console import show

FORMS = {"colour": ("utf-8", True), "plain": ("utf-8", False), "ascii": ("ascii", False)}


@pytest.fixture
def shown(monkeypatch):
    """Give what a stream got; no variable of the caller's decides on colour."""

    def text(lines, form="plain"):
        encoding, colour = FORMS[form]
        monkeypatch.delenv("NO_COLOR", raising=False)
        monkeypatch.setenv("FORCE_COLOR", "1" if colour else "")
        out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        show(lines, stream=out)
        return out.buffer.getvalue().decode(encoding)

    return text
