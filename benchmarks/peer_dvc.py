"""DVC's side of `snapshot.py`; runs where DVC is installed."""

import json
import os
import shutil
import sys
import time
from pathlib import Path

os.environ["DVC_NO_ANALYTICS"] = "true"

from dvc.repo import Repo

from figures import figures, size


def add(repo: Repo, path: Path) -> float:
    os.sync()
    started = time.perf_counter()
    repo.add(str(path))
    return time.perf_counter() - started


def main(folder: Path, table: Path, *more: Path) -> None:
    root = folder / "dvc"
    root.mkdir()
    grown = root / table.name
    shutil.copyfile(table, grown)
    repo = Repo.init(str(root), no_scm=True)
    os.chdir(root)
    cache = root / ".dvc" / "cache"
    times, sizes = [add(repo, grown)], [size(cache)]
    for path in more:
        with grown.open("ab") as file, path.open("rb") as rows:
            shutil.copyfileobj(rows, file)
        times.append(add(repo, grown))
        sizes.append(size(cache))
    print(json.dumps(figures(times, sizes)))


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:]))
