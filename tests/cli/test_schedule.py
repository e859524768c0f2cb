"""What `seatrial schedule` prints can be pasted: cron, GitHub Actions and systemd read it, and we read ours."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import typer
from ruamel.yaml import YAML

from seatrial.cli.main import app
from seatrial.reports import schedule as told

FIELDS = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
OURS = typer.main.get_command(app)


@pytest.fixture(scope="module")
def root(shop, tmp_path_factory) -> Path:
    """A project whose path has signs that cron and systemd read something into."""
    folder = tmp_path_factory.mktemp("jobs") / "50% of it"
    return Path(shutil.copytree(shop, folder))


def schedule_of(root: Path, run, *options: str) -> str:
    done = run("schedule", *options, "--project", str(root))
    assert done.code == 0, done.err
    return done.out


def demand_known(words: list[str]) -> None:
    """Let our own program read a command; it refuses names, options and values that it doesn't know."""
    name, *rest = words
    assert Path(name).name == "seatrial"
    command = OURS
    while rest and rest[0] in getattr(command, "commands", {}):
        command = command.commands[rest.pop(0)]
    assert not hasattr(command, "commands"), words
    command.make_context(words[1], rest).close()


def commands_in(shell: str) -> list[list[str]]:
    lexer = shlex.shlex(shell, posix=True, punctuation_chars="();&|{}")
    lexer.whitespace_split = True
    found, words = [], []
    for token in [*lexer, ";"]:
        if set(token) <= set("();&|{}"):
            found.append(words)
            words = []
        else:
            words.append(token)
    return [each for each in found if each and Path(each[0]).name == "seatrial"]


def test_a_line_of_the_crontab_has_five_fields_and_commands_of_ours(root, run) -> None:
    lines = schedule_of(root, run, "--cron").splitlines()
    jobs = [each for each in lines if not each.startswith("#")]
    assert len(jobs) == 2
    for job in jobs:
        *fields, command = job.split(" ", 5)
        for field, (low, high) in zip(fields, FIELDS, strict=True):
            assert field == "*" or low <= int(field) <= high
        assert re.search(r"(?<!\\)%", command) is None
        (inner,) = re.findall(r"\{ cd (.*); \} 2>&1", command.replace("\\%", "%"))
        assert shlex.split(inner)[0] == str(root)
        commands = commands_in(inner)
        assert [each[1:] for each in commands][:2][0] == ["train"]
        for each in commands:
            demand_known(each)


def test_the_crontab_is_silent_when_all_is_well_and_says_the_code_when_not(root, run) -> None:
    (job,) = [
        each for each in schedule_of(root, run, "--cron").splitlines() if "--due night" in each
    ]
    command = job.split(" ", 5)[5].replace("\\%", "%")
    for code, said in ((0, ""), (3, "seatrial ended with 3: it blocks\n")):
        fake = root.parent / "seatrial"
        fake.write_text(f"#!/bin/sh\n[ {code} = 0 ] || echo it blocks\nexit {code}\n")
        fake.chmod(0o755)
        tried = re.sub(r"(?:/[^\s;]*)?/?\bseatrial (?=train|check)", f"{fake} ", command)
        ran = subprocess.run(["/bin/sh", "-c", tried], capture_output=True, text=True, check=True)
        assert ran.stdout == said


def test_each_step_of_the_workflow_is_a_command_of_ours(root, run) -> None:
    flow = YAML(typ="safe").load(schedule_of(root, run, "--github"))
    assert set(flow["jobs"]) == {"push", "night", "week"}
    assert [each["cron"] for each in flow["on"]["schedule"]] == ["17 2 * * *", "47 3 * * 0"]
    assert "push" in flow["on"]
    for name, job in flow["jobs"].items():
        steps = [each["run"] for each in job["steps"] if "run" in each]
        assert steps[0].startswith("pip install")
        for each in steps[1:]:
            demand_known(each.split())
        assert f"seatrial check --due {name}" in steps
    events = [job["if"] for job in flow["jobs"].values()]
    assert events[0] == "github.event_name == 'push'"
    assert [re.findall(r"'(.*)'", each)[0] for each in events[1:]] == ["17 2 * * *", "47 3 * * 0"]


def test_a_project_below_its_repository_is_worked_on_where_it_stands(root, run) -> None:
    (root.parent / ".git").mkdir(exist_ok=True)
    try:
        flow = YAML(typ="safe").load(schedule_of(root, run, "--github"))
        hook = schedule_of(root, run, "--cron")
    finally:
        (root.parent / ".git").rmdir()
    assert flow["defaults"]["run"]["working-directory"] == "50% of it"
    (cache,) = {
        each["with"]["path"]
        for job in flow["jobs"].values()
        for each in job["steps"]
        if each.get("uses", "").startswith("actions/cache")
    }
    assert cache == "50% of it/.seatrial"
    assert f"{root.parent}/.git/hooks/pre-push" in hook


def units_of(root: Path, run) -> dict[str, str]:
    parts = re.split(
        r"^# ~/\.config/systemd/user/(\S+)$",
        schedule_of(root, run, "--systemd"),
        flags=re.MULTILINE,
    )
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_a_timer_has_a_service_that_runs_commands_of_ours(root, run) -> None:
    units = units_of(root, run)
    assert set(units) == {
        f"seatrial-shop-{turn}.{kind}"
        for turn in ("night", "week")
        for kind in ("service", "timer")
    }
    for name, text in units.items():
        if name.endswith(".timer"):
            assert "OnCalendar=" in text
            continue
        assert f"WorkingDirectory={str(root).replace('%', '%%')}\n" in text
        for command in re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE):
            demand_known(shlex.split(command.replace("%%", "%")))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_takes_the_units(root, run, tmp_path) -> None:
    for name, text in units_of(root, run).items():
        (tmp_path / name).write_text(text)
    files = [str(each) for each in sorted(tmp_path.iterdir())]
    done = subprocess.run(
        ["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_table_and_the_document_name_every_claim_once(root, run) -> None:
    document = run("schedule", "--json", "--project", str(root)).document
    claims = [each for job in document["jobs"] for each in job["claims"]]
    checked = run("check", "--json", "--project", str(root)).document
    assert sorted(claims) == sorted(each["id"] for each in checked["claims"])
    assert "reproducible" in document["jobs"][1]["claims"]
    assert "nightly" in schedule_of(root, run)


def test_two_forms_at_once_are_refused(root, run) -> None:
    done = run("schedule", "--cron", "--github", "--project", str(root))
    assert (done.code, done.out) == (2, "")
    assert "one form at a time" in done.err


def test_a_misspelt_turn_is_refused_with_the_nearest(root, run) -> None:
    done = run("check", "--due", "nigth", "--project", str(root))
    assert done.code == 2
    assert "nearest: night" in done.err


def test_a_word_of_a_unit_is_quoted_where_it_must_be() -> None:
    assert told._unit_words(["/opt/my tools/seatrial", "check", "50%", "$HOME"]) == (
        '"/opt/my tools/seatrial" check 50%% $$HOME'
    )
