"""Texts are cut as the network was trained: the expected numbers are those of ``tokenizers`` 0.23."""

import pytest

from seatrial.scoring.wordpiece import MOST_PIECES, padded, pieces

EXPECTED = {
    "": [],
    "Call now!": [2655, 2085, 999],
    "WINNER!! As a valued customer you've won £900": [
        *(3453, 999, 999, 2004, 1037, 11126, 8013, 2017),
        *(1005, 2310, 2180, 1069, 21057, 2692),
    ],
    "Crème brûlée, naïve façade": [13675, 21382, 7987, 9307, 2063, 1010, 15743, 8508],
    "東京 is 1,000km away": [1879, 1755, 2003, 1015, 1010, 2199, 22287, 2185],
    "don't\tbreak\nlines\u200b": [2123, 1005, 1056, 3338, 3210],
    "x" * 101: [100],
    "unaffordability": [14477, 4246, 8551, 8010],
}


@pytest.mark.parametrize("text", EXPECTED)
def test_a_text_is_cut_into_the_pieces_of_the_vocabulary(text):
    assert pieces(text) == [101, *EXPECTED[text], 102]


def test_a_long_text_is_cut_off_and_keeps_its_end_mark():
    found = pieces("word " * 1_000)
    assert (len(found), found[-1]) == (MOST_PIECES, 102)


def test_texts_of_other_lengths_are_padded_and_masked():
    numbers, mask = padded([[101, 7, 102], [101, 102]])
    assert numbers.tolist() == [[101, 7, 102], [101, 102, 0]]
    assert mask.tolist() == [[1, 1, 1], [1, 1, 0]]
