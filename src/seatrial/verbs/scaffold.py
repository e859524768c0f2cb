"""Write the files of a new project: all of them, or none."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from seatrial.verbs.project import PLAN, STATE

_README = """# {name}

What must be true of this system stands in [plan.yaml](plan.yaml).

    pip install seatrial
    seatrial train        # baselines and candidates, on train and dev
    seatrial check        # each claim, measured and judged on test
    seatrial next         # what to do next
"""

_TEST = '''"""The plan is valid, and its sources are there."""

from pathlib import Path

from seatrial.plan.load import load

PLAN = Path(__file__).parents[1] / "plan.yaml"


def test_the_plan_is_valid():
    plan = load(PLAN)
    assert plan.claims


def test_the_sources_are_there():
    plan = load(PLAN)
    for source in plan.text.data.sources.values():
        assert "://" in source.uri or (PLAN.parent / source.uri).exists()
'''


def write_project(
    folder: Path, name: str, plan: str, *, layout: str, described: str = ""
) -> list[Path]:
    """Write a project's files into a folder that isn't there yet or is empty.

    Args:
        folder: Where.
        name: Of the project.
        plan: Text of its plan.
        layout: ``small`` or ``full``.
        described: What a README says of the data; full only.

    Returns:
        The files, from the current folder.
    """
    files = _files(name, plan, layout, described)
    half = folder.with_name(f".{folder.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    for relative, content in files.items():
        path = half / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        if path.suffix == ".sh":
            path.chmod(0o755)
    if folder.exists():
        folder.rmdir()
    half.rename(folder)
    return [folder / relative for relative in files]


def _files(name: str, plan: str, layout: str, described: str) -> Mapping[str, str]:
    files = {
        PLAN: plan,
        "README.md": _README.format(name=name),
        ".gitignore": f"{STATE}/\n__pycache__/\n.*_cache/\n*.egg-info/\n",
        "tests/test_plan.py": _TEST,
    }
    if layout == "full":
        from seatrial.verbs.scaffold_full import full_files

        files |= full_files(name, described)
    return files
