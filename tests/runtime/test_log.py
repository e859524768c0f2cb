"""What the log says it holds, it holds: whole batches, in order, and no changed byte goes unseen."""

import json
import resource
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seatrial.core.clock import ManualClock
from seatrial.core.errors import StoreError, TamperedError
from seatrial.records.decision import Aftermath
from seatrial.runtime.log import HEADER, LogWriter, frame, payload
from seatrial.runtime.segments import is_sealed, read, segments

CLOCK = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))


def record(number: int, *, size: int = 0) -> bytes:
    note = {"filling": "x" * size}
    return payload(Aftermath("event", "2026-01-01", f"id-{number}", "", "repeat", note))


def writer(folder, **options) -> LogWriter:
    return LogWriter(folder, clock=CLOCK, **options)


def ids(path, start: int = 0) -> list[str]:
    return [each["decision_id"] for each, _ in read(path, start)]


@pytest.fixture
def written(tmp_path):
    """A segment of three batches with five records, closed."""
    log = writer(tmp_path)
    log.write([record(1)])
    log.write([record(2), record(3)])
    log.write([record(4), record(5)])
    log.close()
    return segments(tmp_path)[0]


def test_records_come_back_in_the_order_they_were_written(written) -> None:
    assert ids(written) == ["id-1", "id-2", "id-3", "id-4", "id-5"]


def test_reading_goes_on_from_any_offset_that_was_given(written) -> None:
    found = list(read(written))
    rests = [ids(written, offset) for _, offset in found]
    assert rests == [[f"id-{n}" for n in range(k + 2, 6)] for k in range(5)]


def test_what_is_written_later_is_read_from_the_last_offset(tmp_path) -> None:
    log = writer(tmp_path)
    log.write([record(1)])
    (path,) = segments(tmp_path)
    ((_, offset),) = read(path)
    log.write([record(2)])
    assert ids(path, offset) == ["id-2"]
    log.close()


def test_a_batch_that_was_torn_anywhere_is_left_out_whole(written, tmp_path) -> None:
    data = written.read_bytes()
    ends = [offset for _, offset in read(written)]
    torn = tmp_path / "torn.seg"
    for cut in range(ends[2] + 1, ends[4]):
        torn.write_bytes(data[:cut])
        assert ids(torn) == ["id-1", "id-2", "id-3"]


def flipped(data: bytes, at: int) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1 << (at % 8)
    return bytes(changed)


def test_a_flipped_bit_anywhere_before_the_closing_frame_is_found(written, tmp_path) -> None:
    data = written.read_bytes()
    changed = tmp_path / "changed.seg"
    for at in range(data.rindex(b'{"kind":"end"') - 8):
        changed.write_bytes(flipped(data, at))
        with pytest.raises(TamperedError, match=r"changed\.seg"):
            ids(changed)


def test_a_record_that_was_cut_out_is_found(written) -> None:
    data = written.read_bytes()
    first = frame(record(1))
    assert data.startswith(HEADER + first)
    written.write_bytes(HEADER + data[len(HEADER) + len(first) :])
    with pytest.raises(TamperedError, match="was changed"):
        ids(written)


def test_an_impossible_length_is_found(tmp_path) -> None:
    path = tmp_path / "a.seg"
    path.write_bytes(HEADER + frame(record(1)) + b"\xff\xff\xff\x7f" + bytes(100))
    with pytest.raises(TamperedError, match="offset"):
        ids(path)


def test_a_file_of_another_format_is_refused(tmp_path) -> None:
    path = tmp_path / "a.seg"
    path.write_bytes(b"seatrial-log 2\n")
    with pytest.raises(TamperedError, match="no segment of a known format"):
        ids(path)


def test_a_live_segment_is_told_from_one_that_is_sealed(tmp_path) -> None:
    log = writer(tmp_path)
    (path,) = segments(tmp_path)
    assert not is_sealed(path)
    log.close()
    assert is_sealed(path)


def test_a_reader_in_the_same_process_does_not_seal_a_segment(tmp_path) -> None:
    log = writer(tmp_path)
    (path,) = segments(tmp_path)
    log.write([record(1)])
    assert ids(path) == ["id-1"]
    assert not is_sealed(path)
    log.close()


def test_a_segment_whose_writer_was_killed_is_sealed_and_keeps_what_was_written(tmp_path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from seatrial.core.clock import SystemClock\n"
        "from seatrial.runtime.log import LogWriter\n"
        "log = LogWriter(Path(sys.argv[1]), clock=SystemClock())\n"
        'log.write([b\'{"kind":"event","decision_id":"id-1"}\'])\n'
        "print('written', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"written\n"
        (path,) = segments(tmp_path)
        assert not is_sealed(path)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert is_sealed(path)
    assert ids(path) == ["id-1"]


def test_a_new_segment_is_begun_at_the_size_and_the_old_one_sealed(tmp_path) -> None:
    log = writer(tmp_path, rotate_bytes=300)
    for number in range(6):
        log.write([record(number)])
    paths = segments(tmp_path)
    assert len(paths) > 1
    assert [is_sealed(each) for each in paths] == [True] * (len(paths) - 1) + [False]
    assert [name for each in paths for name in ids(each)] == [f"id-{n}" for n in range(6)]
    log.close()


def test_two_writers_have_a_segment_each(tmp_path) -> None:
    first, second = writer(tmp_path), writer(tmp_path)
    for number in range(3):
        first.write([record(number)])
        second.write([record(10 + number)])
    found = sorted(ids(each) for each in segments(tmp_path))
    assert found == [["id-0", "id-1", "id-2"], ["id-10", "id-11", "id-12"]]
    first.close()
    second.close()


def test_a_batch_waits_for_the_disk_where_it_is_asked_to(tmp_path) -> None:
    log = writer(tmp_path, fdatasync=True)
    log.write([record(1)])
    log.close()
    assert ids(segments(tmp_path)[0]) == ["id-1"]


def test_a_segment_of_format_1_is_read_as_it_was_written() -> None:
    folder = Path(__file__).parent / "segments"
    found = [each for each, _ in read(folder / "format-1.seg")]
    assert found == json.loads((folder / "format-1.json").read_text())


@pytest.fixture
def limited():
    """Lets a test limit the size of the files that this process writes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_batch_that_does_not_fit_on_the_disk_leaves_nothing_behind(tmp_path, limited) -> None:
    log = writer(tmp_path)
    log.write([record(1)])
    (path,) = segments(tmp_path)
    before = path.stat().st_size
    limited(before + 500)
    with pytest.raises(StoreError, match="can't be written"):
        log.write([record(2), record(3, size=2_000)])
    assert path.stat().st_size == before
    limited(resource.RLIM_INFINITY)
    log.write([record(4)])
    log.close()
    assert ids(path) == ["id-1", "id-4"]


def test_a_log_that_can_not_be_made_is_said(tmp_path) -> None:
    (tmp_path / "log").write_text("a file")
    with pytest.raises(StoreError, match="can't be written"):
        writer(tmp_path / "log")


def test_room_is_tried_and_not_guessed(tmp_path, limited) -> None:
    log = writer(tmp_path)
    assert log.is_writable()
    limited(100)
    assert not log.is_writable()
    limited(resource.RLIM_INFINITY)
    assert list(tmp_path.iterdir()) == segments(tmp_path)
    log.close()
