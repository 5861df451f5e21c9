"""The wall clock, for stamps only; durations are measured elsewhere with the monotonic clock."""

import time


def now_us() -> int:
    return time.time_ns() // 1000
