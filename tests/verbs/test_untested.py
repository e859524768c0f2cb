"""What the plan trains with and no test names is pointed at."""

import pytest

import seatrial
from seatrial.core.errors import CodeError
from seatrial.verbs.plan import lint
from seatrial.verbs.untested import untested

FEATS = "def evening(hour):\n    return hour >= 17\n\n\ndef _round(x):\n    return x\n"
PLAN = """\
version: 1
project: shop
owners: {default: ada}
task: {kind: classification, target: late}
data: {sources: {orders: {uri: orders.csv}}, key: id}
train: {candidates: [linear, "shop.builders:plain"], features: shop.feats}
optimize: accuracy
claims: [accuracy >= 0.5]
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "plan.yaml").write_text(PLAN)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "feats.py").write_text(FEATS)
    (tmp_path / "shop" / "builders.py").write_text("\n\ndef plain(seed):\n    return None\n")
    (tmp_path / "tests").mkdir()
    return tmp_path


def names(root) -> list[str]:
    return [each.name for each in untested(seatrial.open(root).plan)]


def test_a_feature_and_a_builder_without_a_test_are_named_with_their_line(root) -> None:
    said = [str(each) for each in lint(seatrial.open(root))]
    assert (
        "shop/feats.py:1: no test names the feature `evening`. "
        "write one into tests/test_feats.py: a few rows in, the values that must come out"
    ) in said
    assert any(each.startswith("shop/builders.py:3: no test names the builder") for each in said)


def test_an_augmentation_without_a_test_is_named_too(root) -> None:
    (root / "shop" / "haste.py").write_text("def typos(message):\n    return message\n")
    plan = root / "plan.yaml"
    augment = 'features: shop.feats, augment: {typos: {function: "shop.haste:typos"}}}'
    plan.write_text(plan.read_text().replace("features: shop.feats}", augment))
    found = [each for each in untested(seatrial.open(root).plan) if each.kind == "augmentation"]
    assert [(each.name, each.where) for each in found] == [("typos", "shop/haste.py:1")]


@pytest.mark.parametrize(
    "test",
    [
        "from shop import feats\n\ndef test_it():\n    assert feats.evening(18)\n",
        "from shop.feats import evening\n\ndef test_it():\n    assert evening(18)\n",
        "from shop.feats import evening as late\n\ndef test_it():\n    assert late(18)\n",
        'def test_it(call):\n    assert call("shop.feats:evening")(18)\n',
    ],
)
def test_a_function_that_a_test_uses_is_tested(root, test) -> None:
    (root / "tests" / "test_feats.py").write_text(test)
    assert names(root) == ["plain"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tests/test_feats.py", "from shop.feats import evening\n"),
        ("tests/test_feats.py", "# evening is easy\n"),
        ("shop/use.py", "from shop.feats import evening\nevening(18)\n"),
        (".venv/test_feats.py", "evening(18)\n"),
    ],
)
def test_importing_it_or_speaking_of_it_is_no_test(root, path, text) -> None:
    (root / path).parent.mkdir(exist_ok=True)
    (root / path).write_text(text)
    assert names(root) == ["evening", "plain"]


def test_a_test_that_is_no_python_is_named(root) -> None:
    (root / "tests" / "test_feats.py").write_text("def test_it(:\n")
    with pytest.raises(CodeError, match=r"test_feats\.py:1: not valid Python"):
        names(root)
