"""Every command and option is documented, and asking for help loads nothing heavy."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from seatrial.cli.main import app

DOCS = Path(__file__).parents[2] / "docs"
HEAVY = ["polars", "sklearn", "sqlalchemy", "pydantic", "numpy", "duckdb"]
FOUND = f"print(json.dumps([name for name in {HEAVY} if name in sys.modules]), file=sys.stderr)"


def commands(command, path=("seatrial",)):
    yield " ".join(path), command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*path, name))


COMMANDS = dict(commands(typer.main.get_command(app)))
LEAVES = {
    name: each
    for name, each in COMMANDS.items()
    if name != "seatrial" and (not hasattr(each, "commands") or each.invoke_without_command)
}


def sections(page: str) -> dict[str, str]:
    parts = re.split(r"^## (.+)$", (DOCS / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def options(command) -> set[str]:
    return {
        option
        for parameter in command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith("-") and option != "--help"
    }


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_has_a_heading_with_each_of_its_options(name):
    text = sections("commands.md").get(name)
    assert text is not None, f"docs/commands.md has no heading for {name}"
    assert {each for each in options(LEAVES[name]) if f"`{each}`" not in text} == set()


def test_no_heading_is_of_a_command_that_is_gone():
    assert set(sections("commands.md")) == {*LEAVES, "seatrial"}


def test_no_documented_option_is_gone():
    for name, text in sections("commands.md").items():
        known = options(COMMANDS[name]) | {"--help"}
        assert set(re.findall(r"^\| `(--[a-z-]+)`", text, re.MULTILINE)) <= known, name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does(name, run):
    told = run(*name.split()[1:], "--help")
    assert told.code == 0
    assert COMMANDS[name].help.split(".")[0][:20] in " ".join(told.out.split())


@pytest.mark.parametrize(
    ("asked", "besides"),
    [
        ([["--help"]], set()),
        (
            [["--version"], *([*name.split()[1:], "--help"] for name in COMMANDS)],
            {"pydantic"},
        ),  # typer's own
    ],
)
def test_help_loads_nothing_heavy(asked, besides):
    program = (
        "import json, sys\n"
        "from seatrial.cli.main import main\n"
        f"for words in {asked}:\n"
        "    sys.argv = ['seatrial', *words]\n"
        "    try:\n        main()\n    except SystemExit as stopped:\n        assert not stopped.code\n"
        f"{FOUND}"
    )
    assert set(loaded(program)) <= besides


@pytest.mark.parametrize("module", ["seatrial", "seatrial.scoring", "seatrial.scoring.archive"])
def test_answering_loads_no_library_of_training_or_of_the_store(module):
    program = f"import json, sys\nimport {module}\n{FOUND}"
    assert set(loaded(program)) <= {"numpy"}


def loaded(program: str) -> list[str]:
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    found: list[str] = json.loads(told.stderr.splitlines()[-1])
    return found
