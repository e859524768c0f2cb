"""Read a candidate's archive and run its form: raw columns in, scores and decisions out."""
