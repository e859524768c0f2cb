"""Contract suites: what every store, model and probe must keep to, as pytest classes to inherit."""
