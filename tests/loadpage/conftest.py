"""Locust patches the standard library when it is imported: not in a process that runs other tests as well."""

from __future__ import annotations

import os

os.environ["LOCUST_SKIP_MONKEY_PATCH"] = "1"
import locust  # noqa: F401

del os.environ["LOCUST_SKIP_MONKEY_PATCH"]  # a locust that a test starts patches as it always does
