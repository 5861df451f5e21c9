"""The commands of `gameday`: a file here is a group of them, found by being here."""
