"""Trackers and registries that people have already: read their runs, write ours into them."""
