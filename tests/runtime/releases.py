"""Small real archives, and serving folders that hold a release of one of them."""

from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression

from seatrial.core.digest import digest_bytes
from seatrial.models.export import archive
from seatrial.models.ladder import Fitted, Sample, fit
from seatrial.records.condition import Column, Compare, Constant
from seatrial.records.contract import Contract, Feature
from seatrial.records.manifest import Arm, Gate, LogRules, Manifest, Policy, Versions
from seatrial.records.rule import Rule
from seatrial.runtime.folder import ServingFolder
from seatrial.scoring.code import source_digest
from seatrial.scoring.encode import encode

X, STORE = Feature("x", "number", -3, 3), Feature("store", "category", levels=("A", "B", "C"))
RUSH, DUE = Feature("rush", "boolean"), Feature("due", "moment")
CONTRACT = Contract(
    "binary", (X, STORE, RUSH, DUE), hidden=("due",), classes=("no", "yes"), target="is_late"
)
TRAPPED = replace(CONTRACT, derived=(Feature("trap", "number"),), code="feats")
AMOUNT = Contract(
    "regression", (X, STORE, RUSH, DUE), hidden=("due",), target="minutes", unit="min"
)
CONTEXT = (Feature("region", "category", levels=("N", "S")), Feature("visits", "number"))
RULE = Rule(((Compare(">=", Column("x"), Constant(1.0)), True),), otherwise=False)
ROW = {"x": 0.5, "store": "A", "rush": True, "due": "2026-01-01T12:00:00Z"}
HANGS, RAISES = 666.0, 13.0
SALT = "5e" * 16

FEATS = """\
from pathlib import Path

MARK = {mark!r}
if MARK:
    Path(MARK).touch()


def trap(x):
    print("what feature code prints mixes with nothing")
    while (x == 666).any():
        pass
    if (x == 13).any():
        raise ValueError("a value that must not be told")
    return x * 0.0
"""


class Shop:
    """Archives by kind, each made when it is first asked for."""

    _rows = 1_200

    @cached_property
    def columns(self) -> dict:
        random = np.random.default_rng(5)
        return {
            "x": random.normal(size=self._rows),
            "store": random.choice(["A", "B", "C"], self._rows).astype(object),
            "rush": random.choice([True, False], self._rows).astype(object),
            "due": np.full(self._rows, np.datetime64("2026-01-01T00:00:00")),
        }

    @cached_property
    def truth(self) -> np.ndarray:
        noise = np.random.default_rng(6).normal(size=self._rows)
        return (self.columns["x"] + 0.5 * noise > 0).astype(np.int64)

    @cached_property
    def fast(self) -> bytes:
        """Proved as ONNX, without anybody's code."""
        return self._fitted("linear", CONTRACT, proved=True)

    @cached_property
    def other(self) -> bytes:
        """Another proved candidate of the same contract."""
        return self._fitted("boosted", CONTRACT, proved=True)

    @cached_property
    def unproved(self) -> bytes:
        """The estimator itself answers: too few rows to prove anything else."""
        return self._fitted("linear", CONTRACT, proved=False)

    @cached_property
    def nan(self) -> bytes:
        """An estimator that answers NaN to everything."""
        broken = LinearRegression().fit(np.zeros((2, 3)), np.zeros(2))
        broken.coef_[:] = np.nan
        made = Fitted("broken", None, "estimator", broken, {}, 0.0, 0.0)
        return archive(made, AMOUNT, threshold=None, proof=np.zeros((0, 3)))

    def trapped(self, root: Path, mark: str = "") -> tuple[bytes, dict[str, bytes]]:
        """An archive whose feature function hangs or raises on a flagged row, and its modules."""
        source = FEATS.format(mark=mark).encode()
        root.mkdir(parents=True, exist_ok=True)
        (root / "feats.py").write_bytes(source)
        model = DummyClassifier(strategy="prior").fit(np.zeros((4, 4)), [0, 1, 1, 1])
        made = Fitted("boosted", None, "estimator", model, {}, 0.0, 0.0)
        code = {"feats": source_digest("feats", root)}
        data = archive(made, TRAPPED, threshold=0.5, proof=np.zeros((0, 4)), code=code)
        return data, {"feats.py": source}

    def _fitted(self, family: str, contract: Contract, *, proved: bool) -> bytes:
        made = fit(family, contract, Sample(self.columns, self.truth), {})
        proof = encode(contract, self.columns, {})
        return archive(made, contract, threshold=0.5, proof=proof if proved else proof[:10])


def release(
    path: Path,
    data: bytes,
    *,
    code: dict[str, bytes] | None = None,
    contract: Contract = CONTRACT,
    level: str = "full",
    share: float = 1.0,
    fallback: Rule = RULE,
    reference: Arm | None = None,
    gate: Gate | None = None,
    number: int = 1,
    log: LogRules | None = None,
    **policy: object,
) -> Manifest:
    """Lay a release of an archive out and put it in force."""
    folder = ServingFolder(path)
    arm = arm_of(folder, data, code)
    manifest = Manifest(
        project="shop",
        release=number,
        at="2026-01-01T00:00:00.000000Z",
        candidate=arm,
        reference=reference or Arm("rule", "rule"),
        contract=contract,
        context=CONTEXT,
        policy=Policy(level, share, SALT, **{"threshold": None, "confidence": 0.0, **policy}),
        fallback=fallback,
        log=log or LogRules(),
        versions=Versions("a", "b", "c", "d", "e"),
        gate=gate or Gate(f"{level} {share:.0%}", "plan", "verdicts", passed=True),
    )
    folder.point(folder.put_manifest(manifest))
    return manifest


def arm_of(folder: ServingFolder, data: bytes, code: dict[str, bytes] | None = None) -> Arm:
    """An archive as an arm, kept in a folder."""
    name = digest_bytes(data)
    where = folder.put_code(code) if code else ""
    return Arm("archive", "linear", "recipe", name, folder.put_archive(name, data), where)
