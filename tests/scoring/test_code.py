"""The user's code is named by what it means, and read from where the plan says."""

import sys
from pathlib import Path

import numpy as np
import pytest

from seatrial.core.errors import CodeError
from seatrial.records.contract import Contract, Feature
from seatrial.scoring.code import code_digests, feature_functions, load_module, source_digest
from seatrial.scoring.encode import encode

CODE = '''"""Features."""

import numpy as np
from helpers import scale


def is_evening(hour):
    """Late."""
    return hour >= 18  # a comment


def scaled(hour):
    return scale(hour)
'''


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "feats.py").write_text(CODE)
    (tmp_path / "helpers.py").write_text("FACTOR = 2\n\n\ndef scale(x):\n    return x * FACTOR\n")
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new"),
    [("# a comment", "# another"), ('"""Late."""', '"""Later."""'), ("\n\n\ndef", "\n\n\n\n\ndef")],
)
def test_comments_docstrings_and_blank_lines_do_not_count(root, old, new) -> None:
    before = source_digest("feats", root)
    (root / "feats.py").write_text(CODE.replace(old, new))
    assert source_digest("feats", root) == before


def test_a_changed_function_is_named_and_no_other(root) -> None:
    before = code_digests("feats", root)
    (root / "feats.py").write_text(CODE.replace(">= 18", ">= 17"))
    after = code_digests("feats", root)
    assert [name for name in after if after[name] != before[name]] == ["feats.is_evening"]


def test_modules_of_the_project_that_are_imported_count(root) -> None:
    before = code_digests("feats", root)
    (root / "helpers.py").write_text("FACTOR = 3\n\n\ndef scale(x):\n    return x * FACTOR\n")
    after = code_digests("feats", root)
    assert [name for name in after if after[name] != before[name]] == ["helpers"]


def test_an_edit_is_seen_in_the_same_process(root) -> None:
    first = feature_functions("feats", root)["is_evening"](np.array([17.5]))
    (root / "feats.py").write_text(CODE.replace(">= 18", ">= 17 "))
    second = feature_functions("feats", root)["is_evening"](np.array([17.5]))
    assert (first.tolist(), second.tolist()) == ([False], [True])


def test_two_projects_may_have_modules_of_one_name(root, tmp_path_factory) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "feats.py").write_text("def is_evening(hour):\n    return hour >= 99\n")
    load_module("feats", root)
    assert not feature_functions("feats", other)["is_evening"](np.array([50]))[0]


def test_the_search_path_is_left_as_it_was(root) -> None:
    before = list(sys.path)
    load_module("feats", root)
    assert sys.path == before


def test_helpers_that_are_imported_are_no_features(root) -> None:
    assert list(feature_functions("feats", root)) == ["is_evening", "scaled"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def broken(:\n", "invalid syntax"),
        ("import nowhere_at_all\n", "no module is called nowhere_at_all"),
        ("raise RuntimeError('at import')\n", "importing it raised"),
    ],
)
def test_a_module_that_cannot_be_imported_is_named(root, text, said) -> None:
    (root / "feats.py").write_text(text)
    with pytest.raises(CodeError, match=said):
        load_module("feats", root)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("def bad(hour):\n    return hour[:1]\n", "gave shape"),
        ("def bad(hour):\n    raise ValueError('no')\n", "the feature raised ValueError: no"),
        ("def bad(minute):\n    return minute\n", "reads no such column: minute"),
    ],
)
def test_a_feature_that_fails_is_named(root, body, said) -> None:
    (root / "feats.py").write_text(body)
    contract = Contract(
        "binary",
        (Feature("hour", "number"),),
        derived=(Feature("bad", "number"),),
        code="feats",
        classes=("no", "yes"),
    )
    with pytest.raises(CodeError, match=said):
        encode(contract, {"hour": [1.0, 2.0]}, feature_functions("feats", root))
