"""Peers in environments of their own, so that what they need doesn't bend what we are measured with."""

import json
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parent / ".bench"
NOT_INSTALLED = 2


def run_peer(name: str, pinned: str, script: str, *arguments: object) -> dict[str, float]:
    """Run a script of this folder with a peer installed; its last line is a JSON object.

    What is pinned is the peer and, after spaces, what else it needs in versions that it can bear.
    """
    python = _environment(name, pinned)
    say(f"running {pinned}")
    done = subprocess.run(
        [python, HERE / script, *(str(argument) for argument in arguments)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def report(*, name: str, ours: float, peer: float, unit: str) -> None:
    """Print the figures for programs, as the last line."""
    figures = {"name": name, "ours": round(ours, 4), "peer": round(peer, 4)}
    print(json.dumps({**figures, "ratio": round(peer / ours, 2), "unit": unit}))


def say(words: str) -> None:
    """Tell how far it is, where it doesn't mix with the figures."""
    print(words, file=sys.stderr, flush=True)


def _environment(name: str, pinned: str) -> Path:
    folder = ENVIRONMENTS / name
    python = folder / "bin" / "python"
    installed = folder / "installed"
    if installed.exists() and installed.read_text() == pinned:
        return python
    say(f"installing {pinned} in {folder.relative_to(HERE.parent)} (once)")
    venv.create(folder, with_pip=True, clear=True)
    done = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *pinned.split()],
        stdout=sys.stderr,
        check=False,
    )
    if done.returncode:
        say(f"{pinned} could not be installed, so there is nothing to compare with")
        sys.exit(NOT_INSTALLED)
    installed.write_text(pinned)
    return python
