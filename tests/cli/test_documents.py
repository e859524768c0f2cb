"""Report, card and sign-off on the command line: what they say, what they refuse, what they leave behind."""

import pytest

SIGNED = {
    "by": str,
    "role": str,
    "note": str,
    "at": str,
    "until": type(None),
    "claims": list,
    "stands": bool,
    "moved": list,
    "why_not": str,
    "later": list,
    "is_whole": bool,
    "digest": str,
}
WHO = ("--by", "Ada", "--role", "product owner", "--note", "enough")


def test_the_report_is_written_and_its_sentence_told(copy_of_shop, run):
    told = run("report", "--out", "report.html", folder=copy_of_shop)
    assert told.code == 0, told.err
    first, second, last = told.out.splitlines()
    assert first == "Every claim holds, and nothing is released yet."
    assert second.startswith("Wrote report.html, ")
    assert last == "Next: seatrial card --out card.md"
    assert (copy_of_shop / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_card_is_written_in_both_forms_and_what_nobody_stated_is_told(copy_of_shop, run):
    told = run("card", "--out", "card.md", folder=copy_of_shop)
    assert told.code == 0, told.err
    assert "Stated by nobody: card.intended_use, card.out_of_scope, card.contact" in told.out
    assert (copy_of_shop / "card.md").read_text(encoding="utf-8").startswith("---\ntags:\n")
    assert run("card", "--out", "card.html", folder=copy_of_shop).code == 0
    assert (copy_of_shop / "card.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert sorted(each.name for each in copy_of_shop.glob(".card*")) == []


REFUSED = [
    (("report",), "seatrial report needs a file to write to"),
    (("card",), "seatrial card needs a file to write to"),
    (("report", "--out", "report.pdf"), "report.pdf ends in .pdf, and must end in .html"),
    (("report", "--out", "report.md"), "report.md ends in .md, and must end in .html"),
    (("card", "--out", "card"), "card ends in nothing, and must end in .md or .html"),
    (("report", "--out", "."), ". is a folder"),
    (("card", "--out", "nowhere/card.md"), "there is no folder"),
    (("card", "--out", "plan.yaml/card.md"), "there is no folder"),
    (("report", "--out", f"{'a' * 300}.html"), "can't be written"),
]


@pytest.mark.parametrize(("arguments", "said"), REFUSED)
def test_what_cant_be_written_is_said_before_anything_is_done(arguments, said, copy_of_shop, run):
    before = sorted(each.name for each in copy_of_shop.iterdir())
    told = run(*arguments, folder=copy_of_shop)
    assert (told.code, told.out) == (2, "")
    assert said in " ".join(told.err.split())
    assert "Traceback" not in told.err
    assert sorted(each.name for each in copy_of_shop.iterdir()) == before


def test_a_disk_that_takes_nothing_leaves_what_was_there(copy_of_shop, run, monkeypatch):
    from pathlib import Path

    place = copy_of_shop / "card.md"
    place.write_text("the old card")

    def full(_path, _data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    told = run("card", "--out", "card.md", folder=copy_of_shop)
    assert told.code == 2
    assert "No space left on device" in told.err
    assert place.read_text() == "the old card"
    assert list(copy_of_shop.glob(".card*")) == []


def test_a_sign_off_is_told_and_has_the_documented_keys(copy_of_shop, run):
    told = run("sign-off", *WHO, folder=copy_of_shop)
    assert told.code == 0, told.err
    assert told.out.splitlines()[0] == "Ada, product owner, signed off all 16 claims."
    again = run(
        "sign-off", *WHO, "--claim", "schema", "--claim", "rows", "--json", folder=copy_of_shop
    )
    assert {name: type(value) for name, value in again.document.items()} == SIGNED
    assert again.document["claims"] == ["rows", "schema"]
    shown = run("readiness", "--all", folder=copy_of_shop).out
    assert "◧ RD-08" in shown


def test_a_sign_off_of_a_claim_that_isnt_there_is_refused(copy_of_shop, run):
    told = run("sign-off", *WHO, "--claim", "precison", folder=copy_of_shop)
    assert (told.code, told.out) == (4, "")
    assert "nearest: precision" in told.err


def test_hazards_whose_claim_doesnt_hold_are_told_by_lint(copy_of_shop, run):
    plan = copy_of_shop / "plan.yaml"
    text = plan.read_text()
    assert "The courier waits" not in run("plan", "lint", folder=copy_of_shop).out
    plan.write_text(text.replace("precision >= 0.5", "precision >= 0.99"))
    run("check", folder=copy_of_shop)
    said = " ".join(run("plan", "lint", folder=copy_of_shop).out.split())
    assert "The hazard The courier waits for nothing is shown by precision, which fails." in said
    assert "seatrial why precision" in said
