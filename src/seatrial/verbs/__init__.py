"""One module a command: the only place that appends to the ledger."""
