"""Every error is a sentence with a way out and an exit code; nothing is left half done."""

import sqlite3

import pytest

from seatrial.cli import main as entry
from seatrial.core import errors

KINDS = [
    (errors.SeatrialError, 1),
    (errors.UserError, 2),
    (errors.PlanError, 2),
    (errors.DataError, 2),
    (errors.CodeError, 2),
    (errors.NotFoundError, 4),
    (errors.ConflictError, 4),
    (errors.StoreError, 1),
    (errors.TamperedError, 1),
    (errors.ArchiveError, 2),
    (errors.ProbeError, 1),
]


def everything(kind):
    return {kind, *(each for below in kind.__subclasses__() for each in everything(below))}


def raising(error):
    def app():
        raise error

    return app


def test_no_kind_is_left_out():
    own = {each for each in everything(errors.SeatrialError) if each.__module__ == errors.__name__}
    assert own == {kind for kind, _ in KINDS} | {errors.MissingExtraError}


@pytest.mark.parametrize(("kind", "code"), KINDS)
def test_every_kind_is_told_with_its_place_its_way_out_and_its_code(kind, code, run, monkeypatch):
    error = kind("`age` is no number", where="data.csv:7", hint="write 41")
    monkeypatch.setattr(entry, "app", raising(error))
    told = run()
    assert (told.code, told.out) == (code, "")
    for word in ("age is no number", "data.csv:7", "write 41"):
        assert word in told.err
    assert "Traceback" not in told.err


def test_a_missing_extra_is_told_with_the_command_that_installs_it(run, monkeypatch):
    error = errors.MissingExtraError("reading from S3", extra="s3")
    monkeypatch.setattr(entry, "app", raising(error))
    told = run()
    assert told.code == 2
    assert "pip install 'seatrial[s3]'" in told.err


def test_every_fault_of_a_plan_is_told(run, monkeypatch):
    found = [errors.Fault(f"fault {place}", f"plan.yaml:{place}") for place in (3, 7)]
    monkeypatch.setattr(entry, "app", raising(errors.PlanError.of(found)))
    told = run()
    assert told.err.startswith("plan.yaml has 2 errors. Nothing was run.")
    assert "fault 3" in told.err
    assert "fault 7" in told.err


def test_what_nobody_expected_is_one_sentence_and_says_how_to_see_more(run, monkeypatch):
    monkeypatch.delenv("SEATRIAL_DEBUG", raising=False)
    monkeypatch.setattr(entry, "app", raising(RuntimeError("the sky fell")))
    told = run()
    assert told.code == 1
    assert "the sky fell" in told.err
    assert "SEATRIAL_DEBUG=1" in told.err
    assert "Traceback" not in told.err


def test_asked_for_the_error_itself_is_shown(run, monkeypatch):
    monkeypatch.setenv("SEATRIAL_DEBUG", "1")
    monkeypatch.setattr(entry, "app", raising(RuntimeError("the sky fell")))
    with pytest.raises(RuntimeError, match="the sky fell"):
        run()


@pytest.mark.parametrize(
    "command", [["train"], ["check"], ["why", "x"], ["next"], ["readiness"], ["plan", "lint"]]
)
def test_without_a_plan_the_way_to_one_is_told_and_nothing_is_made(command, nowhere, run):
    told = run(*command, folder=nowhere)
    assert (told.code, told.out) == (4, "")
    assert "seatrial init" in told.err
    assert list(nowhere.iterdir()) == []


BROKEN = {
    "empty.csv": b"",
    "one-column.csv": b"a\n1\n2\n",
    "binary.csv": bytes(range(256)) * 20,
    "half.parquet": b"PAR1 and no more",
    "ragged.csv": b"a,b\n1,2\n3,4,5,6\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_data_file_is_named_and_no_project_is_made(name, tmp_path, run):
    (tmp_path / name).write_bytes(BROKEN[name])
    told = run("init", "shop", "--data", name, folder=tmp_path)
    assert told.code == 2, told
    assert "Traceback" not in told.err
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_a_data_file_that_is_not_there_is_named(tmp_path, run):
    told = run("init", "shop", "--data", "gone.csv", folder=tmp_path)
    assert told.code in {2, 4}
    assert "gone.csv" in told.err


@pytest.mark.parametrize("name", ["Shop", "my shop", "../shop", ""])
def test_a_name_that_is_no_name_is_refused(name, tmp_path, run):
    (tmp_path / "data.csv").write_text("a,b\n1,2\n")
    assert run("init", name, "--data", "data.csv", folder=tmp_path).code == 2


def entries(root) -> int:
    with sqlite3.connect(root / ".seatrial" / "ledger.db") as database:
        found: int = database.execute("select count(*) from entry").fetchone()[0]
    database.close()
    return found


FAILING = {
    "a plan with a fault": ("plan.yaml", lambda text: text.replace("recall\n", "recal\n"), 2),
    "a plan that is no YAML": ("plan.yaml", lambda _: "version: [1", 2),
    "a claim on no column": (
        "plan.yaml",
        lambda text: text.replace("store = 'B'", "shop = 'B'"),
        2,
    ),
    "a builder that fails": ("builders.py", lambda text: text.replace("return ", "raise "), 2),
    "a builder with no syntax": ("builders.py", lambda _: "def plain(", 2),
    "a feature that fails": ("feats.py", lambda text: text.replace("hour >= 17", "hour / '1'"), 2),
    "data that breaks off": ("orders.csv", lambda text: text[:200] + '"', 2),
    "data without its target": ("orders.csv", lambda text: text.replace("minutes_late", "x"), 2),
}


@pytest.mark.parametrize("what", FAILING)
def test_a_training_that_fails_says_so_and_keeps_what_was_kept(what, copy_of_shop, run):
    name, change, code = FAILING[what]
    path = copy_of_shop / name
    before = run("readiness", "--json", folder=copy_of_shop).out
    original = path.read_text()
    path.write_text(change(original))
    told = run("train", folder=copy_of_shop)
    assert (told.code, told.out) == (code, ""), told
    assert "Traceback" not in told.err
    path.write_text(original)
    assert run("readiness", "--json", folder=copy_of_shop).out == before


def test_a_data_file_that_is_gone_is_named(copy_of_shop, run):
    (copy_of_shop / "orders.csv").unlink()
    told = run("check", folder=copy_of_shop)
    assert told.code in {2, 4}
    assert "orders.csv" in told.err


@pytest.mark.parametrize(
    "command",
    [
        ["why", "precisoin"],
        ["check", "precisoin"],
        ["runs", "compare", "rule", "nobody"],
        ["readiness", "--record", "RD-99", "--by", "Ada", "--note", "done"],
    ],
)
def test_a_name_that_nothing_has_is_not_found(command, copy_of_shop, run):
    before = entries(copy_of_shop)
    told = run(*command, folder=copy_of_shop)
    assert (told.code, told.out) == (4, "")
    assert entries(copy_of_shop) == before


def test_the_nearest_name_is_told(copy_of_shop, run):
    assert "precision" in run("why", "precisoin", folder=copy_of_shop).err


def test_a_record_without_a_name_is_refused_before_it_is_filed(copy_of_shop, run):
    before = entries(copy_of_shop)
    told = run("readiness", "--record", "RD-16", "--note", "done", folder=copy_of_shop)
    assert told.code == 2
    assert entries(copy_of_shop) == before


@pytest.mark.parametrize("command", [["trian"], ["train", "--now"], ["why"], ["init", "shop"]])
def test_a_command_that_is_not_one_is_refused(command, tmp_path, run):
    told = run(*command, folder=tmp_path)
    assert told.code == 2
    assert "Traceback" not in told.err


def test_a_ledger_that_is_no_database_is_told(copy_of_shop, run):
    (copy_of_shop / ".seatrial" / "ledger.db").write_bytes(b"no database" * 500)
    told = run("check", folder=copy_of_shop)
    assert told.code == 1
    assert "ledger" in told.err
    assert "defect of Seatrial" not in told.err
