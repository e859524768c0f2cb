"""One module a revision, the newest of which is `schema.CURRENT`."""
