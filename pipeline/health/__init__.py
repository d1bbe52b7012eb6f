"""How well an account is, said in points and words: the scorecard, reasons, coverage, and why a score moved."""
