"""Server-rendered pages on what the reading verbs say, each with a JSON twin from the same view."""
