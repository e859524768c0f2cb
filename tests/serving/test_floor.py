"""The answering process reaches nothing that it doesn't need."""

import subprocess
import sys
from pathlib import Path

import grimp
import pytest
from releases import ROW, release

FORBIDDEN = [
    "verbs",
    "probes",
    "judging",
    "plan",
    "models",
    "data",
    "evaluation",
    "labels",
    "monitoring",
    "store",
    "web",
    "cli",
    "reports",
    "stats",
]
LIBRARIES = [
    "sqlalchemy",
    "sklearn",
    "polars",
    "duckdb",
    "pydantic",
    "scipy",
    "litestar",
    "alembic",
    "fsspec",
]
ANSWER = """
import sys
from pathlib import Path
import seatrial.serving, seatrial.serving.server, seatrial.serving.worker
from seatrial.runtime.switch import Switch
with Switch.open(Path(sys.argv[1])) as switch:
    made = switch.decide(key=1, features={row})
print(made.form, *sorted({{each.partition(".")[0] for each in sys.modules}}))
"""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("seatrial", cache_dir=None, exclude_type_checking_imports=True)


@pytest.mark.parametrize("room", FORBIDDEN)
def test_no_chain_of_imports_leads_from_serving_or_runtime_to(room, graph) -> None:
    target = f"seatrial.{room}"
    if target not in graph.modules:
        pytest.skip("the room isn't built")
    for source in ("seatrial.serving", "seatrial.runtime"):
        assert not graph.chain_exists(importer=source, imported=target, as_packages=True)


def test_the_graph_holds_the_rooms_that_it_is_asked_about(graph) -> None:
    assert graph.chain_exists(
        importer="seatrial.serving", imported="seatrial.scoring", as_packages=True
    )


def test_an_archive_is_opened_and_answers_without_any_of_the_heavy_libraries(
    shop, tmp_path: Path
) -> None:
    release(tmp_path, shop.fast)
    done = subprocess.run(
        [sys.executable, "-c", ANSWER.format(row=ROW), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    form, *modules = done.stdout.split()
    assert form == "onnx"
    assert "onnxruntime" in modules
    assert sorted(set(modules) & set(LIBRARIES)) == []
