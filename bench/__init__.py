"""Measurements that anyone can run; each prints what it measured and on which machine."""
