"""The floors hold, and the contract that guards them bites."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = (
        "import sys; sys.path[:0] = [sys.argv.pop(1)]; "
        "from importlinter.cli import lint_imports_command; lint_imports_command()"
    )
    return subprocess.run(
        [sys.executable, "-c", program, str(folder / "src"), "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(
        ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "*.parquet")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_room_imports_only_from_below(copy: Path) -> None:
    outcome = lint(copy)
    assert outcome.returncode == 0, outcome.stdout


def test_an_import_upwards_breaks_the_contract(copy: Path) -> None:
    (copy / "src/seatrial/core/units.py").write_text("import seatrial.records.metrics\n")
    outcome = lint(copy)
    assert outcome.returncode == 1
    assert "seatrial.core.units -> seatrial.records.metrics" in outcome.stdout


def test_a_room_without_a_floor_breaks_the_contract(copy: Path) -> None:
    (copy / "src/seatrial/attic").mkdir()
    (copy / "src/seatrial/attic/__init__.py").write_text("")
    outcome = lint(copy)
    assert outcome.returncode == 1
    assert "attic" in outcome.stdout
