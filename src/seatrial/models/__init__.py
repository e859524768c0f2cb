"""Make candidates: the ladder from a constant to boosted trees, the user's own, and their archive."""
