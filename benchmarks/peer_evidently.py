"""Evidently's side of `drift.py`; runs where Evidently is installed."""

import json
import os
import sys

os.environ["DO_NOT_TRACK"] = "1"

import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset

from usage import cpu_s


def main(reference: str, current: str) -> None:
    report = Report([DataDriftPreset()])
    found = report.run(pd.read_parquet(current), pd.read_parquet(reference))
    assert found.dict()["metrics"]
    print(json.dumps({"cpu_s": cpu_s()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
