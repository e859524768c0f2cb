"""The switch that decides, the log that remembers it, and the folder that both live in."""
