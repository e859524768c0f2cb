"""Everything that can be measured, one module a subject. A probe gets only what it declared."""
