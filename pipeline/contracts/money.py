"""Currencies: how many decimals each has, and the largest amount that a contract takes."""

from typing import Final

EXPONENT: Final = {"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0, "CHF": 2, "SEK": 2, "BRL": 2, "INR": 2}

AMOUNT_MAX: Final = 10**12
"""In minor units."""
