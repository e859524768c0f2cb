"""What is known, as frozen values: claims, conditions, metrics, evidence, verdicts. No I/O."""
