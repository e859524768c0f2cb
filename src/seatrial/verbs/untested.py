"""Feature functions and model builders of the project that no test of it names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seatrial.core.errors import CodeError, Fault
from seatrial.plan.load import Plan
from seatrial.scoring.code import definitions_of

_PATTERNS = ("test_*.py", "*_test.py")
_NOT_OURS = frozenset({"node_modules", "site-packages", "__pycache__"})


@dataclass(frozen=True, slots=True)
class Untested:
    """A function without a test.

    Attributes:
        name: As written.
        kind: ``feature``, ``builder`` or ``augmentation``.
        where: File and line.
        module: The module that defines it.
    """

    name: str
    kind: str
    where: str
    module: str

    @property
    def fault(self) -> Fault:
        """As advice."""
        last = self.module.rpartition(".")[2]
        hint = f"write one into tests/test_{last}.py: a few rows in, the values that must come out"
        if self.kind == "builder":
            hint = f"write one into tests/test_{last}.py: it is fitted on a few rows and answers"
        return Fault(f"no test names the {self.kind} `{self.name}`", self.where, hint)


def untested(plan: Plan) -> tuple[Untested, ...]:
    """What the plan trains with and no test names. Reads source, and imports nothing.

    Raises:
        CodeError: a module of the project isn't valid Python, or isn't there.
    """
    wanted = list(_wanted(plan))
    if not wanted:
        return ()
    named = _named(plan.root)
    return tuple(each for each in wanted if each.name not in named)


def _wanted(plan: Plan) -> Iterator[Untested]:
    features = plan.text.train.features
    if features is not None:
        for name, where in definitions_of(features, plan.root).items():
            if not name.startswith("_"):
                yield Untested(name, "feature", where, features)
    named = [
        *(("builder", family) for family in plan.text.train.candidates if ":" in family),
        *(("augmentation", each.function) for each in plan.text.train.augment.values()),
    ]
    for kind, reference in dict.fromkeys(named):
        module, _, name = reference.partition(":")
        where = definitions_of(module, plan.root).get(name, module)
        yield Untested(name, kind, where, module)


def _named(root: Path) -> set[str]:
    """Every name that the project's tests use; what is only imported is not used."""
    found: set[str] = set()
    for path in _test_files(root):
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", 1)
            raise CodeError(f"not valid Python: {error}", where=f"{path.name}:{line}") from None
        found |= _used(tree)
    return found


def _test_files(root: Path) -> Iterator[Path]:
    for pattern in _PATTERNS:
        for path in sorted(root.rglob(pattern)):
            below = path.relative_to(root).parts[:-1]
            if not any(each.startswith(".") or each in _NOT_OURS for each in below):
                yield path


def _used(tree: ast.Module) -> set[str]:
    renamed = {
        alias.asname: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(renamed.get(node.id, node.id))
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value.rpartition(":")[2])
    return found
