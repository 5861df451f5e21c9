"""Histories with known answers: legal ones that look chaotic, and the planted defects D01 to D41.

Only `matrix` asks the judge; the rest shares no code with the invariants, their views or their SQL.
"""
