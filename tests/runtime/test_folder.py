"""A release that isn't what was judged is refused before anything is built from it."""

import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from releases import RULE, TRAPPED, release

from seatrial.core.digest import digest_bytes
from seatrial.core.errors import ArchiveError, ConflictError, NotFoundError, SeatrialError
from seatrial.records.condition import Column, Compare, Constant
from seatrial.records.manifest import Arm, Gate, Manifest, Override
from seatrial.records.rule import Rule
from seatrial.runtime.folder import ServingFolder
from seatrial.runtime.switch import Switch

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def spied(shop, tmp_path) -> tuple[ServingFolder, Manifest, Path]:
    """A release whose feature module leaves a mark as soon as it is imported."""
    mark = tmp_path / "imported"
    data, code = shop.trapped(tmp_path / "project", str(mark))
    manifest = release(tmp_path / "serving", data, code=code, contract=TRAPPED)
    return ServingFolder(tmp_path / "serving"), manifest, mark


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def put(folder: ServingFolder, manifest: Manifest) -> None:
    folder.point(folder.put_manifest(manifest))


def test_a_release_that_is_what_was_judged_is_opened_and_imports_its_modules(spied) -> None:
    folder, manifest, mark = spied
    with Switch.open(folder.path) as switch:
        assert switch.force.manifest == manifest
    assert mark.exists()


def overridden(by: str, why: str) -> Gate:
    return Gate("full", "p", "v", passed=False, override=Override(by, why, "2026-01-01"))


TAMPERED = {
    "a byte of the manifest": lambda folder, _: flip(
        folder.path / "manifests" / f"{folder.current()}.json"
    ),
    "a byte of the archive": lambda folder, it: flip(folder.path / it.candidate.archive),
    "a byte of the code": lambda folder, it: flip(folder.path / it.candidate.code / "feats.py"),
    "a module more": lambda folder, it: (
        folder.path / it.candidate.code / "sitecustomize.py"
    ).write_text(""),
    "a compiled module": lambda folder, it: (
        folder.path / it.candidate.code / "feats.pyc"
    ).write_bytes(b""),
    "the pointer": lambda folder, _: (folder.path / "current").write_text("../../etc/passwd"),
}


@pytest.mark.parametrize("change", TAMPERED)
def test_what_was_changed_on_disk_is_refused_before_anything_is_built(spied, change) -> None:
    folder, manifest, mark = spied
    TAMPERED[change](folder, manifest)
    with pytest.raises(ArchiveError) as refusal:
        Switch.open(folder.path)
    assert refusal.value.exit_code == 2
    assert str(folder.path) in str(refusal.value)
    assert not mark.exists()


def arm(manifest: Manifest, **changes: str) -> Manifest:
    return replace(manifest, candidate=replace(manifest.candidate, **changes))


def policy(manifest: Manifest, **changes: object) -> Manifest:
    return replace(manifest, policy=replace(manifest.policy, **changes))


HOUR_RULE = Rule(((Compare(">=", Column("hour"), Constant(17)), True),), otherwise=False)
INADMISSIBLE = {
    "valid until 2026-05-01": lambda it: replace(
        it, gate=replace(it.gate, valid_until="2026-05-01T00:00:00Z")
    ),
    "which is no moment": lambda it: replace(it, gate=replace(it.gate, valid_until="soon")),
    "did not pass, and nobody": lambda it: replace(it, gate=replace(it.gate, passed=False)),
    "by name and reason": lambda it: replace(it, gate=overridden("ada", "  ")),
    "nobody overrode": lambda it: replace(it, gate=overridden("", "we must")),
    "outside of its folder: '../": lambda it: arm(it, archive="../archive.zip"),
    "outside of its folder: '/etc": lambda it: arm(it, archive="/etc/passwd"),
    "outside of its folder: 'code/": lambda it: arm(it, code="code/../../project"),
    "needs modules that are not here": lambda it: arm(it, code=""),
    "has no archive": lambda it: arm(it, archive=""),
    "digest differs": lambda it: arm(it, artefact="0" * 64),
    "of kind rule": lambda it: arm(it, kind="rule"),
    "share is 1.5": lambda it: policy(it, share=1.5),
    "audit is -1": lambda it: policy(it, audit=-1.0),
    "the salt is no secret": lambda it: policy(it, salt="secret"),
    "cases an hour": lambda it: policy(it, queue_per_hour=-1.0),
    "no manifest of a known format": lambda it: policy(it, share="half"),
    "there is no candidate": lambda it: replace(it, candidate=None),
    "the fallback reads hour": lambda it: replace(it, fallback=HOUR_RULE),
    "may answer 'maybe'": lambda it: replace(it, fallback=Rule((), "maybe")),
    "the archive answers binary no, yes": lambda it: replace(
        it, contract=replace(it.contract, classes=("yes", "no"))
    ),
    "the archive reads x": lambda it: replace(
        it,
        fallback=Rule((), "no"),
        contract=replace(it.contract, features=it.contract.features[1:]),
    ),
    "there is a threshold": lambda it: replace(
        policy(it, threshold=0.5),
        contract=replace(it.contract, task="multiclass", classes=("no", "yes", "maybe")),
        fallback=Rule((), "no"),
    ),
}


@pytest.mark.parametrize("fact", INADMISSIBLE)
def test_a_manifest_without_right_or_sense_is_refused_before_anything_is_built(spied, fact) -> None:
    folder, manifest, mark = spied
    put(folder, INADMISSIBLE[fact](manifest))
    with pytest.raises(ArchiveError) as refusal:
        folder.load(folder.current(), now=NOW)
    assert fact in str(refusal.value)
    assert not mark.exists()


def test_a_gate_that_was_overridden_by_name_and_reason_is_in_force(spied) -> None:
    folder, manifest, _ = spied
    override = replace(manifest, gate=overridden("ada", "the old model is broken"))
    put(folder, override)
    assert folder.load(folder.current(), now=NOW) == override


def test_a_link_that_leaves_the_folder_is_refused(spied, tmp_path) -> None:
    folder, manifest, mark = spied
    place = folder.path / manifest.candidate.archive
    outside = tmp_path / "outside.zip"
    shutil.move(place, outside)
    place.symlink_to(outside)
    with pytest.raises(ArchiveError, match="outside of its folder"):
        folder.load(folder.current(), now=NOW)
    assert not mark.exists()


def test_a_link_among_the_modules_is_refused(spied, tmp_path) -> None:
    folder, manifest, mark = spied
    place = folder.path / manifest.candidate.code / "feats.py"
    shutil.move(place, tmp_path / "feats.py")
    place.symlink_to(tmp_path / "feats.py")
    with pytest.raises(ArchiveError, match="a link stands among the modules"):
        folder.load(folder.current(), now=NOW)
    assert not mark.exists()


def test_a_file_that_bears_its_digest_and_is_no_manifest_is_refused(tmp_path) -> None:
    folder, data = ServingFolder(tmp_path), b'{"format": 2}'
    place = tmp_path / "manifests" / f"{digest_bytes(data)}.json"
    place.parent.mkdir()
    place.write_bytes(data)
    folder.point(digest_bytes(data))
    with pytest.raises(ArchiveError, match="no manifest of a known format"):
        folder.load(folder.current(), now=NOW)


def test_a_folder_without_a_release_says_so(tmp_path) -> None:
    with pytest.raises(NotFoundError, match="nothing is released"):
        Switch.open(tmp_path)


def test_the_pointer_takes_no_manifest_that_is_not_kept_here(tmp_path) -> None:
    with pytest.raises(ConflictError):
        ServingFolder(tmp_path).point("0" * 64)


def test_modules_that_were_damaged_are_whole_after_they_are_put_again(spied, tmp_path) -> None:
    folder, manifest, _ = spied
    source = (tmp_path / "project" / "feats.py").read_bytes()
    (folder.path / manifest.candidate.code / "feats.py").write_text("x = 1")
    assert folder.put_code({"feats.py": source}) == manifest.candidate.code
    assert folder.load(folder.current(), now=NOW) == manifest


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_can_not_be_written_is_said(shop, tmp_path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(SeatrialError, match="it can't be written"):
        release(tmp_path / "serving", shop.fast)


def test_a_reference_archive_is_held_to_the_same(shop, spied) -> None:
    folder, manifest, _ = spied
    name = digest_bytes(shop.fast)
    reference = Arm("archive", "linear", "r", name, folder.put_archive(name, shop.fast))
    put(folder, replace(manifest, reference=reference, fallback=RULE))
    flip(folder.path / reference.archive)
    with pytest.raises(ArchiveError, match="digest differs"):
        folder.load(folder.current(), now=NOW)
