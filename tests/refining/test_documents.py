"""The JSON documents of curve and search have exactly the documented keys, and their commands speak in sentences."""

import json
import re
import sys
from pathlib import Path

import pytest

from seatrial.cli.main import main

PAGE = Path(__file__).parents[2] / "docs" / "json.md"


def documented(section: str) -> set[str]:
    text = PAGE.read_text().split(f"\n## {section}\n")[1].split("\n## ")[0].split("\nAn entry")[0]
    rows = re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE)
    return {name for row in rows for name in re.findall("`([a-z_]+)`", row)}


@pytest.fixture
def run(folder, monkeypatch, capsys):
    """Run a command in the project; give its exit code, stdout and stderr."""

    def command(*arguments: str):
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["seatrial", *arguments])
        code = 0
        try:
            main()
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        return code, *capsys.readouterr()

    return command


def test_curve_prints_a_document_a_table_and_sentences(run) -> None:
    options = ("--family", "linear", "--points", "4", "--repeats", "2")
    code, out, _ = run("curve", *options, "--json")
    assert code == 0
    assert set(json.loads(out)) == documented("curve")
    code, out, _ = run("curve", *options)
    assert code == 0
    assert re.search(r"^linear +\d+ ", out, re.MULTILINE)
    assert "twice the data would give" in out
    assert "random subsets of whole days of each size" in " ".join(out.split())
    assert out.endswith("Next: seatrial search linear\n")
    assert max(map(len, out.splitlines())) <= 96


def test_search_prints_a_document_a_table_and_draws(run, folder) -> None:
    options = ("builders:plain", "--trials", "10")
    code, out, _ = run("search", *options, "--json", "--picture", "trials.html")
    assert code == 0
    assert set(json.loads(out)) == documented("search")
    assert (folder / "trials.html").read_text().startswith("<!doctype html>")
    code, out, _ = run("search", *options)
    assert code == 0
    assert "on other rows" in out
    assert out.endswith("Next: seatrial search builders:plain --keep\n")
    code, out, _ = run("search", *options, "--keep")
    assert "Wrote train.parameters.builders:plain into plan.yaml" in out
    assert out.endswith("Next: seatrial train\n")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("curve", "--family", "forest"), 4, "the plan trains no forest"),
        (("curve", "--points", "2"), 2, "a curve has 4 to 20 points, got 2"),
        (("search", "forest"), 4, "the plan trains no forest"),
        (("search", "linear", "--trials", "0"), 2, "a search has 10 to 10,000 trials, got 0"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(arguments, code, said, run) -> None:
    found, out, told = run(*arguments)
    assert (found, out) == (code, "")
    assert said in " ".join(told.split())
