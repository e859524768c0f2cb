"""Windows of production, drift, outcomes that come late, alarms: tables and estimates, never a model."""
