"""Plan and evidence to verdicts, readiness and next steps. Sees estimates, never rows or models."""
