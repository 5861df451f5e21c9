"""Mutants of the invariants: small errors planted into their SQL, which tests have to notice."""
