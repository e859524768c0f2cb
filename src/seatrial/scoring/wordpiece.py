"""Words to the pieces that a BERT network was trained on: the uncased WordPiece vocabulary.

Source:
    Devlin, Chang, Lee and Toutanova (2019), BERT, NAACL, doi:10.18653/v1/N19-1423; the vocabulary
    is that of ``bert-base-uncased``, Apache-2.0. On text
    messages in English it gives what the library ``tokenizers`` gives; signs that Unicode added since then may differ.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MOST_PIECES = 128
"""Pieces that are read of a text, its two end marks included; the rest is cut off."""

_START, _END, _UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
_LONGEST_WORD = 100
_IDEOGRAPHS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)
_ASCII_MARKS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_BLANKS = frozenset("\t\n\r")


def pieces(text: str) -> list[int]:
    """Numbers of a text's pieces, with the marks of its start and end.

    >>> pieces("Call now!")
    [101, 2655, 2085, 999, 102]
    """
    known = _vocabulary()
    body = [known[piece] for word in _words(text) for piece in _split(word, known)]
    return [known[_START], *body[: MOST_PIECES - 2], known[_END]]


def padded(texts: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Bring pieces to one length.

    Returns:
        Pieces and mask, each (n_texts, longest) int64; 0 where a text is over.
    """
    longest = max(len(each) for each in texts)
    numbers = np.zeros((len(texts), longest), dtype=np.int64)
    mask = np.zeros_like(numbers)
    for place, each in enumerate(texts):
        numbers[place, : len(each)] = each
        mask[place, : len(each)] = 1
    return numbers, mask


@cache
def _vocabulary() -> dict[str, int]:
    lines = Path(__file__).with_name("wordpiece.txt").read_text(encoding="utf-8").split("\n")
    return {piece: number for number, piece in enumerate(lines) if piece}


def _words(text: str) -> Iterator[str]:
    for word in "".join(_cleaned(text)).split():
        plain = unicodedata.normalize("NFD", word.lower())
        bare = "".join(sign for sign in plain if unicodedata.category(sign) != "Mn")
        yield from _cut_at_marks(bare)


def _cleaned(text: str) -> Iterator[str]:
    for sign in text:
        code = ord(sign)
        if sign in _BLANKS or unicodedata.category(sign) == "Zs":
            yield " "
        elif code in {0, 0xFFFD} or unicodedata.category(sign).startswith("C"):
            continue
        elif any(low <= code <= high for low, high in _IDEOGRAPHS):
            yield f" {sign} "
        else:
            yield sign


def _cut_at_marks(word: str) -> Iterator[str]:
    start = 0
    for place, sign in enumerate(word):
        if sign in _ASCII_MARKS or unicodedata.category(sign).startswith("P"):
            if place > start:
                yield word[start:place]
            yield sign
            start = place + 1
    if start < len(word):
        yield word[start:]


def _split(word: str, known: dict[str, int]) -> list[str]:
    """The longest known piece first, then the longest that follows it; else one unknown piece."""
    if len(word) > _LONGEST_WORD:
        return [_UNKNOWN]
    found, start = [], 0
    while start < len(word):
        lead = "##" if start else ""
        ends = range(len(word), start, -1)
        end = next((end for end in ends if lead + word[start:end] in known), None)
        if end is None:
            return [_UNKNOWN]
        found.append(lead + word[start:end])
        start = end
    return found
