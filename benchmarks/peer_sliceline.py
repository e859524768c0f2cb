"""SliceLine's own package on a table of codes: every slice to a depth, the best first. Its last line is JSON."""

import json
import sys
import time

import numpy as np
from sliceline.slicefinder import Slicefinder

from usage import peak_mb

given = np.load(sys.argv[1])
alpha, depth, least, most = float(sys.argv[2]), *(int(each) for each in sys.argv[3:6])
start = time.perf_counter()
finder = Slicefinder(alpha=alpha, k=most, max_l=depth, min_sup=least, verbose=False)
finder.fit(given["codes"], given["errors"])
took = time.perf_counter() - start
found = []
for row, facts in zip(finder.top_slices_, finder.top_slices_statistics_, strict=True):
    named = {str(at): int(value) for at, value in enumerate(row) if value is not None}
    found.append([named, float(facts["slice_score"]), int(facts["slice_size"])])
print(json.dumps({"seconds": took, "peak_mb": peak_mb(), "found": found}))
