"""Images and their labels become a table, and a damaged file a sentence."""

import gzip
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from seatrial.core.errors import DataError
from seatrial.data.fingerprint import Fingerprints
from seatrial.data.locations import locate
from seatrial.data.sources import read
from seatrial.records.image import read as pixels_of

IMAGES, LABELS = "t-images-idx3-ubyte", "t-labels-idx1-ubyte"
DRAWN = np.random.default_rng(1).integers(0, 256, (5, 4, 3), dtype=np.uint8)


def idx(values: np.ndarray, magic: int) -> bytes:
    return struct.pack(f">{1 + values.ndim}I", magic, *values.shape) + values.tobytes()


def pair(folder: Path, *, images: bytes | None = None, labels: bytes | None = None) -> Path:
    (folder / IMAGES).write_bytes(images if images is not None else idx(DRAWN, 2051))
    told = np.array([3, 1, 4, 1, 5], dtype=np.uint8)
    (folder / LABELS).write_bytes(labels if labels is not None else idx(told, 2049))
    return folder


def test_idx_files_become_images_with_their_labels(tmp_path):
    frame = read(IMAGES, root=pair(tmp_path))
    assert frame["label"].to_list() == [3, 1, 4, 1, 5]
    assert np.array_equal(pixels_of(frame["image"][2])[:, :, 0], DRAWN[2])


def test_idx_files_are_read_packed(tmp_path):
    pair(tmp_path)
    for name in (IMAGES, LABELS):
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress((tmp_path / name).read_bytes()))
        (tmp_path / name).unlink()
    assert read(f"{IMAGES}.gz", root=tmp_path).height == 5


def test_other_labels_are_other_data(tmp_path):
    location = locate(IMAGES, root=pair(tmp_path))
    before = Fingerprints(tmp_path / "known.json").of(location)
    pair(tmp_path, labels=idx(np.array([3, 1, 4, 1, 6], dtype=np.uint8), 2049))
    assert Fingerprints(tmp_path / "known.json").of(location) != before


@pytest.mark.parametrize(
    ("broken", "fact"),
    [
        ({"images": idx(DRAWN, 2050)}, "no IDX file of images"),
        ({"images": b""}, "no IDX file of images"),
        ({"images": idx(DRAWN, 2051)[:-1]}, "should hold 5x4x3 bytes and holds 59"),
        ({"labels": idx(DRAWN, 2051)}, "no IDX file of labels"),
        ({"labels": idx(np.zeros(4, dtype=np.uint8), 2049)}, "5 images and 4 labels"),
    ],
)
def test_a_damaged_pair_is_refused(tmp_path, broken, fact):
    with pytest.raises(DataError, match=fact):
        read(IMAGES, root=pair(tmp_path, **broken))


def test_images_without_labels_name_the_file_that_lacks(tmp_path):
    (pair(tmp_path) / LABELS).unlink()
    with pytest.raises(DataError, match=LABELS):
        read(IMAGES, root=tmp_path)


def pictures(folder: Path) -> Path:
    Image = pytest.importorskip("PIL.Image")  # noqa: N806 — a module that is named so
    for label, shade in (("dark", 20), ("light", 230)):
        (folder / label).mkdir(parents=True)
        for number in range(3):
            drawn = np.full((6, 5, 3), shade + number, dtype=np.uint8)
            Image.fromarray(drawn).save(folder / label / f"{number}.png")
    return folder


def test_folders_name_the_classes_of_the_pictures_in_them(tmp_path):
    frame = read("shades", root=pictures(tmp_path / "shades").parent)
    assert frame["label"].to_list() == ["dark"] * 3 + ["light"] * 3
    assert frame["file"][0] == "dark/0.png"
    assert pixels_of(frame["image"][5]).tolist() == np.full((6, 5, 1), 232).tolist()


def test_a_zip_archive_of_folders_is_read_as_the_folders_are(tmp_path):
    folder = pictures(tmp_path / "shades")
    with zipfile.ZipFile(tmp_path / "shades.zip", "w") as archive:
        for each in sorted(folder.rglob("*.png")):
            archive.write(each, each.relative_to(folder))
    assert read("shades.zip", root=tmp_path).equals(read("shades", root=tmp_path))


def test_a_picture_of_another_size_is_brought_to_the_size_of_most(tmp_path):
    folder = pictures(tmp_path / "shades")
    from PIL import Image

    Image.fromarray(np.full((9, 9, 3), 200, dtype=np.uint8)).save(folder / "light" / "9.png")
    shapes = {pixels_of(each).shape for each in read("shades", root=tmp_path)["image"]}
    assert shapes == {(6, 5, 1)}


def test_a_damaged_picture_is_named(tmp_path):
    folder = pictures(tmp_path / "shades")
    (folder / "dark" / "1.png").write_bytes(b"\x89PNG\r\n\x1a\n half")
    with pytest.raises(DataError, match=r"dark/1\.png"):
        read("shades", root=tmp_path)


def test_a_zip_archive_without_folders_is_refused(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.png", b"")
    (tmp_path / "flat.zip").write_bytes(buffer.getvalue())
    with pytest.raises(DataError, match="no image in a folder of its class"):
        read("flat.zip", root=tmp_path)
