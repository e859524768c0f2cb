"""HTTP around the runtime: one process that only answers, and workers for Python that isn't ours."""
