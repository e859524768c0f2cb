"""The folder that MLflow loads a candidate from says exactly what the contract and the archive say."""

import json
from importlib.metadata import version

import pytest
from ruamel.yaml import YAML

import seatrial
from seatrial.core.errors import ArchiveError
from seatrial.neighbours.mlflow_model import files, requirements, signature
from seatrial.records.contract import Contract, Feature
from seatrial.scoring.format import Header

AT = "2026-01-02T03:04:05.000006Z"


def header(form="estimator", **contract):
    return Header(form, "linear", Contract(**contract))


FEATURES = (
    Feature("age", "number", missing=0.1),
    Feature("items", "number"),
    Feature("weight", "number"),
    Feature("store", "category", levels=("A",)),
    Feature("member", "boolean"),
    Feature("at", "moment"),
)

WHOLE = {"age", "items", "store"}


def columns(text):
    return [(each["name"], each["type"], each["required"]) for each in json.loads(text)]


def test_the_signature_has_each_feature_with_its_type_and_whether_it_may_be_left_out():
    found = signature(header(task="binary", features=FEATURES, classes=("no", "yes")), WHOLE)
    assert columns(found["inputs"]) == [
        ("age", "double", False),
        ("items", "long", True),
        ("weight", "double", True),
        ("store", "string", True),
        ("member", "boolean", True),
        ("at", "datetime", True),
    ]
    assert columns(found["outputs"]) == [
        ("decision", "string", True),
        ("score_no", "double", True),
        ("score_yes", "double", True),
    ]


def test_what_claims_no_probability_answers_no_score():
    rule = signature(header("rule", task="binary", features=(), classes=("no", "yes")), WHOLE)
    assert rule["inputs"] is None
    assert columns(rule["outputs"]) == [("decision", "string", True)]
    number = signature(header(task="regression", features=FEATURES), WHOLE)
    assert columns(number["outputs"]) == [("decision", "double", True)]


def test_requirements_are_exact_and_hold_what_the_users_code_imports():
    code = {
        "shop/feats.py": b"import polars as pl\nimport json\nfrom sklearn.svm import SVC\n",
        "shop/more.py": b"from shop.feats import x\nfrom . import y\n",
    }
    lines = requirements(code, mlflow="3.17.2")
    assert lines[0] == "mlflow==3.17.2"
    assert f"numpy=={version('numpy')}" in lines
    assert f"polars=={version('polars')}" in lines
    assert f"seatrial=={seatrial.__version__}" in lines
    assert len({each.partition("==")[0] for each in lines}) == len(lines)
    assert not any(each.startswith(("json", "shop")) for each in lines)
    assert all("==" in each for each in lines)


def test_the_folder_holds_the_archive_the_code_and_three_readable_environment_files(shop):
    project = seatrial.open(shop)
    entry = project.ledger.newest("selection", "shop")
    archive = project.blobs.get(entry.payload["dev"]["builders:plain"]["artefact"])
    found = files(archive, {"feats.py": b"x = 1\n"}, whole=(), run="r1", at=AT, mlflow=None)
    assert found["data/candidate.zip"] == archive
    assert found["data/code/feats.py"] == b"x = 1\n"
    read = {name: YAML(typ="safe").load(found[name]) for name in ("MLmodel", "conda.yaml")}
    flavour = read["MLmodel"]["flavors"]["python_function"]
    assert flavour["loader_module"] == "seatrial.neighbours.mlflow_pyfunc"
    assert read["MLmodel"]["run_id"] == "r1"
    assert read["MLmodel"]["utc_time_created"] == "2026-01-02 03:04:05.000006"
    lines = found["requirements.txt"].decode().splitlines()
    assert read["conda.yaml"]["dependencies"][-1] == {"pip": lines}
    assert lines[0] == "mlflow"


def test_bytes_that_are_no_archive_make_no_folder():
    with pytest.raises(ArchiveError):
        files(b"PK", {}, whole=(), run="r1", at=AT, mlflow=None)
