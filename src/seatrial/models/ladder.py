"""The ladder: every family of candidates, from the simplest up, and how one is fitted."""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seatrial.core.clock import Stopwatch
from seatrial.core.errors import CodeError, PlanError
from seatrial.models import estimators, recurrent
from seatrial.records.candidate import GIVEN, NAIVE, is_baseline
from seatrial.records.condition_json import rule_to_json
from seatrial.records.contract import Contract, FeatureKind
from seatrial.records.rule import Rule
from seatrial.scoring import encoders
from seatrial.scoring.code import load_function
from seatrial.scoring.encode import Columns, Functions, encode
from seatrial.scoring.format import FormName
from seatrial.scoring.forms import ColumnForm, Constant, EstimatorForm, Form, RuleForm
from seatrial.scoring.timing import peak_memory_mb

_BUILDERS: Mapping[str, Callable[..., Any]] = {
    "linear": estimators.linear,
    "boosted": estimators.boosted,
    "tfidf": estimators.linear,
    "sentence": estimators.linear,
    "pixels": estimators.linear,
    "convolutional": estimators.linear,
    "recurrent": recurrent.build,
}
_READS: Mapping[str, FeatureKind] = {
    "tfidf": "text",
    "sentence": "text",
    "pixels": "image",
    "convolutional": "image",
}
"""What a family is for; without such a column it is the linear model."""
FAMILIES = tuple(_BUILDERS)
"""Families that are trained, by name."""
_SMALL = 100_000
"""Rows under which a second thread costs more than it gives."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows with their truth, as raw columns.

    Attributes:
        columns: Raw columns by name.
        truth: (n_rows,) class codes int64, or float64.
    """

    columns: Columns
    truth: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A family after training.

    Attributes:
        family: Its name.
        form: How it answers.
        kind: The form's name in an archive.
        estimator: The fitted estimator; None for baselines.
        parameters: Hyperparameters, or a baseline's own.
        seconds: Wall time of the fit.
        peak_mb: Peak resident memory of the process during the fit.
        notes: Warnings that the fit gave.
    """

    family: str
    form: Form
    kind: FormName
    estimator: Any
    parameters: Mapping[str, Any]
    seconds: float
    peak_mb: float
    notes: tuple[str, ...] = ()


def fit(
    family: str,
    contract: Contract,
    sample: Sample,
    functions: Functions,
    *,
    rule: Rule | None = None,
    seed: int = 0,
    root: Path = Path(),
    parameters: Mapping[str, Any] | None = None,
) -> Fitted:
    """Fit one family on the train part.

    Args:
        family: ``majority``, ``mean``, ``naive``, ``seasonal_naive``, ``rule``, ``given:NAME``, a family of
            :data:`FAMILIES`, or ``module:builder``.
        contract: What it is asked and answers.
        sample: The train part.
        functions: Feature functions that the contract derives with.
        rule: The plan's fallback; for ``rule``.
        seed: For everything random in the fit.
        root: The project's folder; for ``module:builder``.
        parameters: Hyperparameters that differ from the family's own; see :func:`build`.

    Raises:
        PlanError: no family has this name, or a family has no such hyperparameter.
        CodeError: the user's builder failed or gave no estimator.
    """
    if family in {"majority", "mean"}:
        answer = _constant(contract, sample.truth)
        form: Form = Constant(contract, answer)
        return Fitted(family, form, "constant", None, {"scores": answer}, 0.0, peak_memory_mb())
    if family in NAIVE or (family.startswith(GIVEN) and not contract.classes):
        (column,) = (each.name for each in contract.features)
        mean = float(sample.truth.mean())
        repeat = ColumnForm(column, mean)
        own = {"column": column, "otherwise": mean}
        return Fitted(family, repeat, "column", None, own, 0.0, peak_memory_mb())
    if is_baseline(family):
        if rule is None:
            raise PlanError("`rule` needs `release.fallback`", hint="write the rule there")
        return Fitted(
            family,
            RuleForm(contract, rule),
            "rule",
            None,
            {"rule": rule_to_json(rule)},
            0.0,
            peak_memory_mb(),
        )
    estimator = build(family, contract, seed=seed, root=root, parameters=parameters)
    return _fit_estimator(family, contract, sample, functions, estimator)


def lacks(family: str) -> str | None:
    """The command that installs what a family of ours is trained with; None if nothing is missing."""
    if family == "recurrent":
        return None if find_spec("torch") else "pip install 'seatrial[torch]'"
    return encoders.lacking(family)


def known_columns(matrix: NDArray[Any]) -> NDArray[Any]:
    """The matrix with 0 in columns that are never known: they tell nothing, and trees can't be cut on them."""
    if matrix.dtype == object:
        return matrix
    never = np.isnan(matrix).all(axis=0)
    return np.where(never, 0.0, matrix) if never.any() else matrix


def _constant(contract: Contract, truth: NDArray[Any]) -> list[float]:
    if contract.classes:
        counts = np.bincount(truth, minlength=len(contract.classes))
        return [float(share) for share in counts / counts.sum()]
    return [float(truth.mean())]


def _fit_estimator(
    family: str, contract: Contract, sample: Sample, functions: Functions, estimator: Any
) -> Fitted:
    matrix = encode(contract, sample.columns, functions)
    _reset_peak()
    watch = Stopwatch()
    with warnings.catch_warnings(record=True) as caught, _threads(len(matrix)):
        warnings.simplefilter("always")
        try:
            estimator.fit(known_columns(matrix), sample.truth)
        except Exception as error:
            fact = f"fitting {family} raised {type(error).__name__}: {error}"
            raise CodeError(
                fact, where=family, hint="it gets a float64 matrix with NaN for missing"
            ) from error
    estimators.plain_words(estimator)
    if contract.classes and not hasattr(estimator, "classes_"):
        fact = f"the builder gave {type(estimator).__name__}, which is no classifier"
        raise CodeError(fact, where=family, hint="return one, or write `kind: regression`")
    notes = tuple(sorted({f"{each.category.__name__}: {each.message}" for each in caught}))
    form = EstimatorForm(contract, estimator)
    return Fitted(
        family,
        form,
        "estimator",
        estimator,
        hyperparameters(estimator),
        watch.seconds,
        peak_memory_mb(),
        notes,
    )


def build(
    family: str,
    contract: Contract,
    *,
    seed: int,
    root: Path,
    parameters: Mapping[str, Any] | None = None,
) -> Any:
    """Make the unfitted estimator of a family.

    Args:
        family: Its name.
        contract: What it is asked and answers.
        seed: For everything random in the fit.
        root: The project's folder; for ``module:builder``.
        parameters: Hyperparameters that differ from the family's own: by scikit-learn's names for
            the last step of a pipeline, or by the builder's.

    Raises:
        PlanError: no family has this name, or a family has no such hyperparameter.
        CodeError: the user's builder failed or gave no estimator.
    """
    parameters = parameters or {}
    if family in _BUILDERS:
        wanted_kind = _READS.get(family)
        if wanted_kind and all(each.kind != wanted_kind for each in contract.inputs):
            fact = f"`{family}` reads {wanted_kind}s, and no column is one"
            hint = f"name it in `data.features.{wanted_kind}`"
            raise PlanError(fact, where="train.candidates", hint=hint)
        return _tuned(family, _BUILDERS[family](contract, seed=seed), parameters)
    if ":" not in family:
        hint = f"families: {', '.join(_BUILDERS)}, or your own as module:builder"
        raise PlanError(f"no family of candidates is called {family}", hint=hint)
    builder = load_function(family, root)
    given = {"preprocess": estimators.preprocess(contract), "seed": seed, "contract": contract}
    wanted = inspect.signature(builder).parameters
    _demand_known(family, parameters, [name for name in wanted if name not in given])
    given |= parameters
    needed = {name for name, each in wanted.items() if each.default is each.empty}
    if unknown := sorted(needed - set(given)):
        fact = f"the builder asks for {', '.join(unknown)}"
        raise CodeError(fact, where=family, hint=f"it may take any of {', '.join(given)}")
    try:
        estimator = builder(**{name: given[name] for name in wanted if name in given})
    except Exception as error:
        fact = f"the builder raised {type(error).__name__}: {error}"
        raise CodeError(fact, where=family) from error
    if not (hasattr(estimator, "fit") and hasattr(estimator, "predict")):
        fact = f"the builder gave {type(estimator).__name__}, which has no fit and predict"
        raise CodeError(fact, where=family, hint="return a scikit-learn estimator")
    return estimator


def _tuned(family: str, estimator: Any, parameters: Mapping[str, Any]) -> Any:
    """An estimator of ours with other hyperparameters, set on the last step of its pipeline."""
    last = estimator[-1] if hasattr(estimator, "steps") else estimator
    _demand_known(family, parameters, list(last.get_params(deep=False)))
    last.set_params(**parameters)
    return estimator


def _demand_known(family: str, given: Mapping[str, Any], known: list[str]) -> None:
    for name in given:
        if name not in known:
            raise PlanError(
                f"{family} has no hyperparameter called {name}",
                where=f"train.parameters.{family}",
                hint=f"it has {', '.join(known) or 'none'}",
            )


def hyperparameters(estimator: Any) -> dict[str, str | float | bool | None]:
    """The settings of an estimator that have a plain value, by scikit-learn's names."""
    plain = (str, int, float, bool, type(None))
    settings = estimator.get_params(deep=True) if hasattr(estimator, "get_params") else {}
    finite = {name: value for name, value in settings.items() if isinstance(value, plain)}
    return {
        name: value if not isinstance(value, float) or np.isfinite(value) else str(value)
        for name, value in sorted(finite.items())
    }


@contextmanager
def _threads(rows: int) -> Iterator[None]:
    """As many threads as there are idle cores: two on one core wait for each other, 50 times as long."""
    from threadpoolctl import threadpool_limits

    idle = int((os.cpu_count() or 1) - os.getloadavg()[0])
    with threadpool_limits(limits=1 if rows < _SMALL else max(idle, 1)):
        yield


_CLEAR = Path("/proc/self/clear_refs")
_RESET_PEAK: Literal["5"] = "5"
"""Written to clear_refs, it sets the high-water mark back (proc(5))."""


def _reset_peak() -> None:
    try:
        _CLEAR.write_text(_RESET_PEAK)
    except OSError:
        return
