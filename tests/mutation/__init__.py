"""Mutants of the invariants: small errors planted into their SQL and their Python, which tests have to notice."""
