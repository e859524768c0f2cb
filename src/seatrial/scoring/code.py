"""The user's own modules: load them from the project, and name them by what they mean."""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from seatrial.core.digest import digest
from seatrial.core.errors import CodeError


def load_module(name: str, root: Path) -> ModuleType:
    """Import a module of the project.

    Args:
        name: Dotted name, ``flight_delays.features``.
        root: The project's folder; also its ``src`` is looked in.

    Raises:
        CodeError: it isn't there, or importing it failed.
    """
    with importable(root):
        _forget_others(name, root)
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            hint = f"it is looked for in {root.name}/ and {root.name}/src/"
            raise CodeError(f"no module is called {error.name}", where=name, hint=hint) from error
        except (Exception, SystemExit) as error:
            fact = f"importing it raised {type(error).__name__}: {error}"
            raise CodeError(fact, where=name) from error
    path = _file(name, root)
    if path is not None:
        module.__seatrial_stat__ = _stat(path)  # type: ignore[attr-defined]
    return module


def load_function(reference: str, root: Path) -> Callable[..., Any]:
    """Load ``module:name``.

    Raises:
        CodeError: the module or the name isn't there.
    """
    module_name, _, name = reference.partition(":")
    module = load_module(module_name, root)
    function = getattr(module, name, None)
    if not callable(function):
        named = [each for each, value in vars(module).items() if inspect.isfunction(value)]
        hint = f"functions there: {', '.join(named) or 'none'}"
        raise CodeError(f"{module_name} has no function {name}", where=reference, hint=hint)
    return function  # type: ignore[no-any-return]


def feature_functions(name: str, root: Path) -> Mapping[str, Callable[..., Any]]:
    """The public functions that a feature module defines, in its order."""
    module = load_module(name, root)
    return {
        each: function
        for each, function in vars(module).items()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and not each.startswith("_")
    }


def code_digests(name: str, root: Path) -> dict[str, str]:
    """Name the code of a module and of every module of the project that it imports.

    Comments, blank lines and docstrings don't count; names and constants do.

    Returns:
        Digest by definition, ``flight_delays.features.is_evening``; what stands outside of any
        definition is ``flight_delays.features``.

    Raises:
        CodeError: a file isn't valid Python, or isn't there.
    """
    reached = list(_reached(name, root))
    if not reached:
        raise CodeError(f"no module is called {name}", where=name, hint=f"looked in {root.name}/")
    found: dict[str, str] = {}
    for _, source in reached:
        found.update(source.definitions)
    return dict(sorted(found.items()))


def definitions_of(name: str, root: Path) -> dict[str, str]:
    """Functions that a module of the project defines, each with its file and line; nothing is imported.

    Raises:
        CodeError: the file isn't valid Python, or isn't there.
    """
    path = _file(name, root)
    if path is None:
        raise CodeError(f"no module is called {name}", where=name, hint=f"looked in {root.name}/")
    place = path.relative_to(root).as_posix()
    return {
        each.name: f"{place}:{each.lineno}"
        for each in _tree(path).body
        if isinstance(each, ast.FunctionDef)
    }


def source_files(names: Iterable[str], root: Path) -> list[Path]:
    """Files of modules and of every module of the project that they import, packages' own included.

    Raises:
        CodeError: a file isn't valid Python.
    """
    paths = {path for name in names for path, _ in _reached(name, root)}
    parents = {folder / "__init__.py" for path in paths for folder in path.parents}
    inside = {path for path in parents if path.is_file() and path.is_relative_to(root)}
    return sorted(paths | inside)


@dataclass(frozen=True, slots=True)
class _Source:
    """A module as it stands in its file: a digest for each definition, and what it imports."""

    definitions: Mapping[str, str]
    imports: tuple[str, ...]


def _reached(name: str, root: Path) -> Iterator[tuple[Path, _Source]]:
    """A module of the project and those that it imports."""
    todo, seen = [name], set[str]()
    while todo:
        each = todo.pop()
        path = _file(each, root)
        if path is None or each in seen:
            continue
        seen.add(each)
        source = _source(each, path, _stat(path))
        yield path, source
        todo += source.imports


@lru_cache(maxsize=256)
def _source(module: str, path: Path, stat: tuple[int, int]) -> _Source:  # noqa: ARG001 — another time or size is another file
    tree = _tree(path)
    imports = tuple(_imports(module, tree, is_package=path.name == "__init__.py"))
    return _Source(_definitions(module, tree), imports)


@contextmanager
def importable(root: Path) -> Iterator[None]:
    """Let the project's modules be imported, and leave the path as it was."""
    places = [str(root.resolve()), str((root / "src").resolve())]
    sys.path[:0] = places
    importlib.invalidate_caches()
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = writes
        for place in places:
            sys.path.remove(place)


def _forget_others(name: str, root: Path) -> None:
    """Drop modules of this name that were loaded from another place, or before an edit."""
    package = name.partition(".")[0]
    for each in [each for each in sys.modules if each == package or each.startswith(f"{package}.")]:
        path = _file(each, root)
        loaded = getattr(sys.modules[each], "__file__", None)
        read_at = getattr(sys.modules[each], "__seatrial_stat__", None)
        if path is None or loaded is None:
            continue
        if Path(loaded).resolve() != path.resolve() or (read_at and read_at != _stat(path)):
            sys.modules.pop(each)


def _stat(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size


def _file(name: str, root: Path) -> Path | None:
    relative = Path(*name.split("."))
    for base in (root, root / "src"):
        for candidate in (base / relative.with_suffix(".py"), base / relative / "__init__.py"):
            if candidate.is_file():
                return candidate
    return None


def _tree(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", 1)
        raise CodeError(f"not valid Python: {error}", where=f"{path.name}:{line}") from None


def _definitions(module: str, tree: ast.Module) -> dict[str, str]:
    parts: dict[str, list[str]] = {}
    for statement in _bare(tree).body:
        named = isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        name = f"{module}.{statement.name}" if named else module  # type: ignore[attr-defined]
        parts.setdefault(name, []).append(ast.dump(statement))
    return {name: digest(dumps) for name, dumps in parts.items()}


def _bare(tree: ast.Module) -> ast.Module:
    """Take the docstrings out."""
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return tree


def _imports(module: str, tree: ast.Module, *, is_package: bool) -> Iterator[str]:
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            target = ".".join([*base, *([node.module] if node.module else [])])
            yield target
            yield from (f"{target}.{alias.name}" for alias in node.names)


def source_digest(name: str, root: Path) -> str:
    """One name for all of :func:`code_digests`.

    Raises:
        CodeError: as there.
    """
    return digest(code_digests(name, root))
