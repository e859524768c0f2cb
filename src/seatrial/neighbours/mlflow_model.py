"""A candidate as a folder that MLflow loads: its archive, the code it needs, signature, requirements.

Source:
    mlflow.org/docs/latest/ml/model (storage format, signature, environment files)
"""

from __future__ import annotations

import ast
import io
import json
import platform
import sys
from collections.abc import Collection, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from typing import Any

from seatrial.records.contract import Contract, Feature, FeatureKind
from seatrial.scoring.archive import audit
from seatrial.scoring.format import Header

ARCHIVE, CODE = "candidate.zip", "code"
"""What stands in ``data/``, where the loader looks."""
LOADER = "seatrial.neighbours.mlflow_pyfunc"
_NEEDED = ("seatrial", "numpy", "onnxruntime", "scikit-learn", "scipy", "skops")
_TYPES: Mapping[FeatureKind, str] = {
    "number": "double",
    "category": "string",
    "boolean": "boolean",
    "moment": "datetime",
}


def files(
    archive: bytes,
    code: Mapping[str, bytes],
    *,
    whole: Collection[str],
    run: str,
    at: str,
    mlflow: str | None,
) -> dict[str, bytes]:
    """Every file of the folder, by path.

    Args:
        archive: The candidate's archive.
        code: Files of the user's modules that it needs, by path from the project's folder.
        whole: Columns that held whole numbers in the snapshot that it was trained on.
        run: Id of its run there.
        at: When it is written, ISO.
        mlflow: Version of the server; None if it isn't known.

    Raises:
        ArchiveError: the archive may not be opened.
    """
    header = audit(archive)
    lines = requirements(code, mlflow=mlflow)
    python = platform.python_version()
    environment = {"python": python, "build_dependencies": ["pip"]}
    conda = {
        "name": "seatrial",
        "channels": ["conda-forge"],
        "dependencies": [f"python={python}", "pip", {"pip": lines}],
    }
    return {
        "MLmodel": _yaml(_mlmodel(signature(header, whole), run=run, at=at, python=python)),
        "requirements.txt": "".join(f"{each}\n" for each in lines).encode(),
        "python_env.yaml": _yaml({**environment, "dependencies": ["-r requirements.txt"]}),
        "conda.yaml": _yaml(conda),
        f"data/{ARCHIVE}": archive,
        **{f"data/{CODE}/{path}": data for path, data in code.items()},
    }


def _mlmodel(asked: Mapping[str, str | None], *, run: str, at: str, python: str) -> dict[str, Any]:
    flavour = {
        "loader_module": LOADER,
        "data": "data",
        "env": {"conda": "conda.yaml", "virtualenv": "python_env.yaml"},
        "python_version": python,
    }
    return {
        "artifact_path": "model",
        "flavors": {"python_function": flavour},
        "run_id": run,
        "signature": dict(asked),
        "utc_time_created": at.replace("T", " ").removesuffix("Z"),
    }


def signature(header: Header, whole: Collection[str]) -> dict[str, str | None]:
    """Names and types of what is asked and answered, as MLflow writes them.

    A feature that had missing values in training may be left out; its values are then missing.
    A column of whole numbers is ``long``, because MLflow refuses those of 64 bits in a ``double``;
    one that had missing values is ``double``, because pandas holds it as that.
    """
    inputs = [_asked(each, is_whole=each.name in whole) for each in header.contract.features]
    return {
        "inputs": json.dumps(inputs) if inputs else None,
        "outputs": json.dumps([_column(*each) for each in answered(header)]),
        "params": None,
    }


def _asked(feature: Feature, *, is_whole: bool) -> dict[str, Any]:
    required = feature.missing == 0
    is_long = feature.kind == "number" and is_whole and required
    kind = "long" if is_long else _TYPES[feature.kind]
    return {**_column(feature.name, kind), "required": required}


def _column(name: str, kind: str) -> dict[str, Any]:
    return {"type": kind, "name": name, "required": True}


def answered(header: Header) -> list[tuple[str, str]]:
    """Columns of an answer with their types: the decision, and a score a class where it claims any."""
    contract: Contract = header.contract
    if not contract.classes:
        return [("decision", "double")]
    scores = [] if header.form == "rule" else contract.classes
    return [("decision", "string"), *((f"score_{each}", "double") for each in scores)]


def requirements(code: Mapping[str, bytes], *, mlflow: str | None) -> list[str]:
    """What must be installed to load it: exact versions, as they are here."""
    known = packages_distributions()
    imported = {name for data in code.values() for name in _imports(data)}
    imported -= {path.partition("/")[0].removesuffix(".py") for path in code}
    theirs = {each for name in imported for each in known.get(name, [])}
    lines = [f"mlflow=={mlflow}" if mlflow else "mlflow"]
    return [*lines, *(_exact(each) for each in dict.fromkeys([*_NEEDED, *sorted(theirs)]))]


def _exact(name: str) -> str:
    try:
        return f"{name}=={version(name)}"
    except PackageNotFoundError:
        return name


def _imports(source: bytes) -> Iterator[str]:
    """Packages that a module imports, the standard library's left out."""
    for node in ast.walk(ast.parse(source)):
        names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        tops = {name.partition(".")[0] for name in names}
        yield from tops - sys.stdlib_module_names


def _yaml(document: Mapping[str, Any]) -> bytes:
    from ruamel.yaml import YAML

    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False
    written = io.BytesIO()
    writer.dump(dict(document), written)
    return written.getvalue()
