"""The front door: command line, pytest plugin, and the kernel that plays a game day."""
