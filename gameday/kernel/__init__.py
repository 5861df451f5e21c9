"""The words of a game day and the loop that plays one; no driver of any part is imported here."""
