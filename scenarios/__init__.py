"""The game days: one file a group, one function a hypothesis."""
