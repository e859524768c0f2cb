"""The plan file: its schema, its grammar, reading it with all faults at once, editing it."""
