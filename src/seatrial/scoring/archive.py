"""Open a candidate's archive: audit first, build after. Nothing is ever unpickled."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.digest import digest_bytes
from seatrial.core.errors import ArchiveError
from seatrial.records.condition_json import rule_from_json
from seatrial.scoring.code import feature_functions, importable, source_digest
from seatrial.scoring.encode import FEW, Columns, Functions, Scalars, encode, encode_few, scalars
from seatrial.scoring.format import (
    ESTIMATOR,
    HEADER,
    MEMBERS,
    MOST_BYTES,
    ONNX,
    Header,
    read_header,
)
from seatrial.scoring.forms import (
    ColumnForm,
    Constant,
    EstimatorForm,
    Form,
    OnnxForm,
    RuleForm,
    Scores,
)
from seatrial.scoring.skops_io import skops_io

ALLOWED_TYPES = frozenset(
    {
        "numpy.asarray",
        "numpy.dtype",
        "seatrial.scoring.recurrent.RecurrentRegressor",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn._loss.link.Interval",
        "sklearn._loss.link.LogitLink",
        "sklearn._loss.link.IdentityLink",
        "sklearn._loss.link.MultinomialLogit",
        "sklearn._loss.loss.HalfBinomialLoss",
        "sklearn._loss.loss.HalfMultinomialLoss",
        "sklearn._loss.loss.HalfSquaredError",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.preprocessing._label.LabelBinarizer",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
        "sklearn.gaussian_process.kernels.ConstantKernel",
        "sklearn.gaussian_process.kernels.Product",
        "sklearn.gaussian_process.kernels.RBF",
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.tree._tree.Tree",
        "sklearn.utils._bunch.Bunch",
    }
)
"""Types that an estimator may be built from, besides those that skops itself trusts."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a candidate said of some rows.

    Attributes:
        scores: (n_rows, n_classes) or (n_rows,); NaN where the form claims no probabilities.
        decided: (n_rows,) class codes int64, or predictions float64.
    """

    scores: Scores
    decided: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Scorer:
    """An opened candidate."""

    header: Header
    form: Form
    functions: Functions
    _scalars: Scalars | None = field(init=False, repr=False, compare=False)
    _read: dict[str, NDArray[Any]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        """Make what encodes few rows once."""
        object.__setattr__(self, "_scalars", scalars(self.header.contract))

    def answer(self, columns: Columns) -> Answers:
        """Answer rows, given as raw columns by name."""
        header = self.header
        trained = header.form == "estimator"
        matrix = self._encoded(columns) if trained else np.empty((0, 0))
        return finish(header, self.form.scores(matrix, columns))

    def matrix(self, part: str, columns: Columns) -> NDArray[Any]:
        """Rows of a part of the data as the model is shown them; what a network reads is read once.

        Args:
            part: Its name; the same name stands for the same rows.
            columns: Raw columns of those rows.
        """
        contract = self.header.contract
        if not contract.encoders:
            return encode(contract, columns, self.functions)
        if part not in self._read:
            self._read[part] = encode(contract, columns, self.functions)
            self._read[part].setflags(write=False)  # everybody has the same one
        return self._read[part]

    def _encoded(self, columns: Columns) -> NDArray[Any]:
        few = len(next(iter(columns.values()), ())) <= FEW
        if few and self._scalars:
            return encode_few(self._scalars, columns)
        return encode(self.header.contract, columns, self.functions)


def finish(header: Header, scores: Scores) -> Answers:
    """Turn scores into decisions, by the header's threshold."""
    if not header.contract.classes:
        return Answers(scores, scores)
    if header.threshold is not None:
        decided = (scores[:, 1] >= header.threshold).astype(np.int64)
    else:
        decided = scores.argmax(axis=1).astype(np.int64)
    if header.form == "rule":
        scores = np.full_like(scores, np.nan)
    return Answers(scores, decided)


def audit(data: bytes, *, expected: str | None = None) -> Header:
    """Check an archive's members against its header, without building anything from it.

    Args:
        data: The archive's bytes.
        expected: Digest that it must have.

    Raises:
        ArchiveError: wrong digest, a member that has no business there, a member that isn't what
            the header says.
    """
    if expected is not None and digest_bytes(data) != expected:
        raise ArchiveError("the archive is not the one that was judged: its digest differs")
    members = _members(data)
    header = read_header(members[HEADER])
    stated = {name: digest_bytes(content) for name, content in members.items() if name != HEADER}
    if stated != dict(header.members):
        raise ArchiveError("a member of the archive is not what its header says", where=HEADER)
    return header


def open_archive(
    data: bytes, *, root: Path | None = None, expected: str | None = None, fast: bool = True
) -> Scorer:
    """Audit an archive and build what it holds.

    Args:
        data: The archive's bytes.
        root: The project's folder, where the user's modules are; None if it needs none.
        expected: Digest that it must have.
        fast: Whether the fast form may be used where it was proved.

    Raises:
        ArchiveError: it may not be opened; says why.
        CodeError: the user's modules can't be loaded.
        UserError: a network that it reads with isn't installed.
    """
    header = audit(data, expected=expected)
    if header.contract.encoders:
        from seatrial.scoring import encoders

        for each in header.contract.encoders:
            encoders.demand(each)
    functions = _functions(header, root)
    return Scorer(header, _form(header, _members(data), root, fast=fast), functions)


def _members(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = archive.infolist()
            strange = [info.filename for info in found if info.filename not in MEMBERS]
            if strange or len({info.filename for info in found}) != len(found):
                raise ArchiveError(
                    f"the archive holds what it may not: {strange[:3] or 'one name twice'}"
                )
            if any(info.file_size > MOST_BYTES for info in found):
                raise ArchiveError(f"a member of the archive is over {MOST_BYTES:,} bytes")
            members = {info.filename: archive.read(info) for info in found}
    except (zipfile.BadZipFile, EOFError, NotImplementedError, zipfile.LargeZipFile) as error:
        raise ArchiveError(f"not an archive: {error}") from None
    if HEADER not in members:
        raise ArchiveError("the archive has no header", where=HEADER)
    return members


def estimator_of(data: bytes) -> bytes:
    """The estimator's bytes in an audited archive; nothing is built from them."""
    return _members(data)[ESTIMATOR]


def audit_types(estimator: bytes, header: Header) -> list[str]:
    """Check the types that an estimator would be built from, without building it.

    Returns:
        Those that skops doesn't trust by itself, and the allow-list does.

    Raises:
        ArchiveError: a type is outside of the allow-list.
    """
    try:
        untrusted = set(skops_io().get_untrusted_types(data=estimator))
    except Exception as error:
        raise ArchiveError(f"the estimator can't be read: {error}", where=ESTIMATOR) from error
    strange = sorted(untrusted - ALLOWED_TYPES - set(header.types))
    if strange:
        hint = "only scikit-learn's own types and those of the project's package may stand there"
        raise ArchiveError(f"the estimator holds {', '.join(strange)}", where=ESTIMATOR, hint=hint)
    return sorted(untrusted)


def _functions(header: Header, root: Path | None) -> Functions:
    for needed, judged in (header.code or {}).items():
        if root is None or source_digest(needed, root) != judged:
            fact = f"{needed} is not the code that this candidate was trained with"
            raise ArchiveError(fact, hint="train again, or check out that code")
    module = header.contract.code
    return feature_functions(module, root) if module and root else {}


def _form(header: Header, members: Mapping[str, bytes], root: Path | None, *, fast: bool) -> Form:
    contract, parameters = header.contract, header.parameters
    match header.form:
        case "constant":
            return Constant(contract, list(parameters["scores"]))
        case "column":
            return ColumnForm(parameters["column"], parameters["otherwise"])
        case "rule":
            return RuleForm(contract, rule_from_json(parameters["rule"]))
    if fast and ONNX in members and header.parity is not None and header.parity.proved:
        return OnnxForm(contract, members[ONNX])
    return EstimatorForm(contract, _estimator(members[ESTIMATOR], header, root))


def _estimator(data: bytes, header: Header, root: Path | None) -> Any:
    trusted = audit_types(data, header)
    try:
        with importable(root or Path()):
            return skops_io().loads(data, trusted=trusted)
    except Exception as error:
        raise ArchiveError(f"the estimator can't be built: {error}", where=ESTIMATOR) from error
