"""The demo tells what the data says, and its bounds stand beside the evidence that they came from."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from seatrial.verbs.demo import lay_out
from seatrial.verbs.measuring import Measuring


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "seatrial.cli.main", "demo", "--folder", "flights"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return folder / "flights", done


def test_the_demo_goes_from_the_files_to_the_next_steps(told) -> None:
    _, done = told
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    stages = ["1  Claim", "2  Data", "3  Train", "4  Prove", "5  Ready?", "6  Next"]
    assert [stage for stage in stages if stage in done.stdout] == stages


def test_rows_that_never_arrived_are_counted_and_explained(told) -> None:
    _, done = told
    assert "Left out: 9,430 rows where arr_delay is null" in done.stdout


def test_the_demo_can_be_run_again_in_its_folder(told) -> None:
    folder, _ = told
    assert lay_out(folder).root == folder.resolve()


def test_bounds_come_from_the_dev_evidence_that_is_committed(told) -> None:
    folder, _ = told
    committed = json.loads((folder / "dev-evidence.json").read_text())
    project = lay_out(folder)
    measuring = Measuring(project)
    assert measuring.chain.selection["chosen"] == committed["candidate"]
    for name, stated in committed["claims"].items():
        claim = project.plan.claim(name)
        filed = measuring.gather([replace(claim.measure, part="dev")], measure=True)[0][1]
        expected = stated["estimate"]
        assert str(claim) == stated["text"]
        assert filed.evidence.estimate.n == pytest.approx(expected["n"], rel=0.02)
        assert filed.evidence.estimate.value == pytest.approx(expected["value"], rel=0.05, abs=0.01)


def test_no_bound_is_beyond_the_dev_interval(told) -> None:
    folder, _ = told
    committed = json.loads((folder / "dev-evidence.json").read_text())
    project = lay_out(folder)
    for name, stated in committed["claims"].items():
        bound = project.plan.claim(name).bound
        low, high = stated["estimate"]["low"], stated["estimate"]["high"]
        assert (bound.value <= low) if bound.sign == ">=" else (bound.value >= high)
