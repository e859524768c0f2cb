"""From files to frozen parts: sources, snapshot, target, split, schema, profile, leaks, roles."""
