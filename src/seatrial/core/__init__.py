"""The ground floor: errors, estimates, digests, the clock and units. Imports nothing of ours."""
