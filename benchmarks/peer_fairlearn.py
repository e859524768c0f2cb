"""fairlearn's MetricFrame: five metrics in every group of three features. Its last line is JSON."""

import json
import sys
import time

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, selection_rate
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from usage import peak_mb

given = np.load(sys.argv[1])
features = pd.DataFrame({f"c{at}": given["codes"][:, at] for at in (0, 3, 7)})
start = time.perf_counter()
frame = MetricFrame(
    metrics={
        "recall": recall_score,
        "precision": lambda y, p: precision_score(y, p, zero_division=0),
        "accuracy": accuracy_score,
        "f1": f1_score,
        "selection_rate": selection_rate,
    },
    y_true=given["truth"],
    y_pred=given["decided"],
    sensitive_features=features,
)
groups = len(frame.by_group)
print(json.dumps({"seconds": time.perf_counter() - start, "peak_mb": peak_mb(), "groups": groups}))
