"""A schedule as a table, and as what cron, GitHub Actions and systemd read."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from seatrial.records.cadence import ADVERBS
from seatrial.records.job import Job
from seatrial.reports import numbers
from seatrial.reports.lines import DIM, Line, Piece, line, next_command, table, wrapped

_MOST_NAMED = 6
_LEAST_MINUTES = 15
"""Of a job in GitHub Actions: what it costs here says little of a smaller machine."""
_SLACK = 4
_USER_UNITS = "~/.config/systemd/user"


def overview(project: str, jobs: Sequence[Job], continuous: Sequence[str]) -> list[Line]:
    """When which claims are measured, and what it costs."""
    rows: list[list[Piece | str]] = [
        [Piece(each, DIM) for each in ("When", "claims", "cost", "runs")]
    ]
    for job in jobs:
        commands = ", ".join(" ".join(each) for each in job.commands)
        cost = numbers.seconds(job.seconds)
        rows.append([ADVERBS[job.cadence], numbers.count(len(job.claims)), cost, commands])
    lines = [line(Piece(project, "bold")), line(""), *table(rows, right=[1, 2])]
    for job in jobs:
        if job.claims:
            lines += _named(ADVERBS[job.cadence], job.claims)
    if continuous:
        lines += _named("continuously, by seatrial watch --follow", continuous)
    return [*lines, line(""), next_command("seatrial schedule --github")]


def _named(when: str, claims: Sequence[str]) -> list[Line]:
    more = f" and {len(claims) - _MOST_NAMED} more" if len(claims) > _MOST_NAMED else ""
    said = f"{when[0].upper()}{when[1:]}: {', '.join(claims[:_MOST_NAMED])}{more}."
    return [line(""), *wrapped(said, indent=2, style=DIM)]


def cron(project: str, root: Path, program: str, jobs: Sequence[Job], *, repository: Path) -> str:
    """Lines of a crontab, and a hook for what cron can't see: a push."""
    lines = [f"# {project}: what seatrial measures by itself. To install: crontab -e"]
    lines.append(
        "# Exit code 3: a claim blocks. Cron mails what is written, so only then it writes."
    )
    for job in jobs:
        steps = " && ".join(_shell(program, each) for each in job.commands)
        if not job.at:
            hook = repository / ".git" / "hooks" / "pre-push"
            lines += [
                _comment(job),
                f"# A push is no time of day: write these two lines into {hook}",
            ]
            lines += ["#   #!/bin/sh", f"#   cd {shlex.quote(str(root))} && {steps}"]
            continue
        told = f"out=$({{ cd {shlex.quote(str(root))} && {steps}; }} 2>&1)"
        command = f'{told} || echo "seatrial ended with $?: $out"'
        lines += [_comment(job), f"{job.at} {_escaped(command)}"]
    return "\n".join(lines) + "\n"


def _escaped(command: str) -> str:
    """A command for a crontab, where a percent sign would end it."""
    return command.replace("%", "\\%")


def _shell(program: str, arguments: Sequence[str]) -> str:
    return shlex.join([program, *arguments])


def _comment(job: Job) -> str:
    own = len(job.claims)
    claims = f"{own or 'no'} claim{'s' if own != 1 else ''} of its own"
    return f"# {ADVERBS[job.cadence]}: {claims}, about {numbers.seconds(job.seconds)}"


def github(
    project: str, jobs: Sequence[Job], *, version: str, install: str, folder: str = ""
) -> str:
    """A workflow of GitHub Actions, with one job a cadence.

    Args:
        project: Name of the project.
        jobs: The most frequent first.
        version: Of Python.
        install: The command that installs Seatrial and what the project needs.
        folder: The project's folder, from the repository's; empty if it is that.
    """
    lines = [
        f"# {project}: .github/workflows/seatrial.yml",
        "# A step that ends with 3 says that a claim blocks; with 2, that the input can't be used.",
        "name: seatrial",
        "on:",
        "  push:",
        "  schedule:",
        *(f"    - cron: '{job.at}' # {job.cadence}, UTC" for job in jobs if job.at),
        "permissions:",
        "  contents: read",
        *([f"defaults: {{run: {{working-directory: {folder}}}}}"] if folder else []),
        "jobs:",
    ]
    for job in jobs:
        lines += _github_job(job, version, install, f"{folder}/.seatrial".removeprefix("/"))
    return "\n".join(lines) + "\n"


def _github_job(job: Job, version: str, install: str, state: str) -> list[str]:
    event = f"github.event.schedule == '{job.at}'" if job.at else "github.event_name == 'push'"
    minutes = max(_LEAST_MINUTES, round(_SLACK * job.seconds / 60))
    return [
        f"  {_comment(job)}",
        f"  {job.cadence}:",
        f"    if: {event}",
        "    runs-on: ubuntu-latest",
        f"    timeout-minutes: {minutes}",
        "    env:",
        "      # One ledger for all: an address of PostgreSQL and one of blobs. Without, the cache is it.",
        "      SEATRIAL_LEDGER: ${{ secrets.SEATRIAL_LEDGER }}",
        "      SEATRIAL_BLOBS: ${{ secrets.SEATRIAL_BLOBS }}",
        "    steps:",
        "      - uses: actions/checkout@v4",
        "      - uses: actions/setup-python@v5",
        f"        with: {{python-version: '{version}'}}",
        "      - uses: actions/cache@v4",
        "        with:",
        f"          path: {state}",
        "          key: seatrial-${{ github.run_id }}-${{ github.job }}",
        "          restore-keys: seatrial-",
        f"      - run: {install}",
        *(f"      - run: seatrial {' '.join(each)}" for each in job.commands),
        "      - if: failure()",
        "        run: seatrial next",
    ]


def systemd(project: str, root: Path, program: str, jobs: Sequence[Job]) -> dict[str, str]:
    """Units by file name: a service and a timer for each cadence that has a time."""
    units: dict[str, str] = {}
    for job in jobs:
        if not job.on_calendar:
            continue
        name = f"seatrial-{project}-{job.cadence}"
        said = f"seatrial: {project}, {ADVERBS[job.cadence]}"
        starts = [f"ExecStart={_unit_words([program, *each])}" for each in job.commands]
        units[f"{name}.service"] = "\n".join(
            [
                _comment(job),
                "[Unit]",
                f"Description={said}",
                "",
                "[Service]",
                "Type=oneshot",
                f"WorkingDirectory={_unit_path(root)}",
                "# The first command that fails ends the run and the unit is failed; 3: a claim blocks.",
                *starts,
                f"TimeoutStartSec={max(60 * _LEAST_MINUTES, round(_SLACK * job.seconds))}",
                "Nice=10",
                "",
            ]
        )
        units[f"{name}.timer"] = "\n".join(
            [
                "[Unit]",
                f"Description={said}",
                "",
                "[Timer]",
                f"OnCalendar={job.on_calendar}",
                "Persistent=true",
                "",
                "[Install]",
                "WantedBy=timers.target",
                "",
            ]
        )
    return units


def _unit_words(words: Sequence[str]) -> str:
    """Words of a command as a unit has them: quoted, and no specifier read into them."""
    return " ".join(_unit_word(each.replace("%", "%%").replace("$", "$$")) for each in words)


def _unit_word(word: str) -> str:
    if word and not set(word) & set(" \t\"'\\;"):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unit_path(root: Path) -> str:
    """A folder as a unit has it: to the end of the line, without quotes."""
    return str(root).replace("%", "%%")


def one_text(units: Mapping[str, str]) -> str:
    """All units one after the other, each under its file's name, and how to start them."""
    timers = " ".join(name for name in units if name.endswith(".timer"))
    parts = [f"# {_USER_UNITS}/{name}\n{text}" for name, text in units.items()]
    start = f"systemctl --user daemon-reload && systemctl --user enable --now {timers}"
    return "\n".join([*parts, f"# To start them: {start}"]) + "\n"
