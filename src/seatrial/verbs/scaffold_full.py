"""The files of the full layout: a package with data, models, training and an API, from templates."""

from __future__ import annotations

import keyword
import sys
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

from seatrial.core.errors import UserError

_ENDING = ".tmpl"
_TAKEN = frozenset({"configs", "data", "docker", "scripts", "tests", "seatrial"})


def package_name(project: str) -> str:
    """Name of the project's package.

    Raises:
        UserError: Python, or another folder of the project, has it already.

    >>> package_name("flight-delays")
    'flight_delays'
    """
    name = project.replace("-", "_").strip("_")
    if keyword.iskeyword(name) or name in {*_TAKEN, *sys.stdlib_module_names}:
        raise UserError(
            f"`{project}` can't name a package: `{name}` is taken",
            hint=f"choose another name, as in {project}-model",
        )
    return name


def full_files(project: str, described: str) -> Mapping[str, str]:
    """Text of each file by its path in the project.

    Args:
        project: The project's name.
        described: What the README says of the data.

    Raises:
        UserError: no package can have this name.
    """
    package = package_name(project)
    given = {"@name@": project, "@package@": package, "@described@": described}
    found = {}
    for path, text in sorted(_templates(files("seatrial.verbs") / "templates", "")):
        for mark, value in given.items():
            text = text.replace(mark, value)  # noqa: PLW2901 — one mark after the other
        found[path.replace("package/", f"{package}/", 1)] = text
    return found


def _templates(folder: Traversable, below: str) -> Iterator[tuple[str, str]]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _templates(each, f"{below}{each.name}/")
        elif each.name.endswith(_ENDING):
            yield below + each.name.removesuffix(_ENDING), each.read_text(encoding="utf-8")
