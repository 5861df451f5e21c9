"""When things happen in a short drill of 15 s calm and 45 s peak."""

from gameday.kernel.clock import SECONDS

# More than 1,000 events are curated before the bite, so a P95 of the calm time can be judged.
FAULT_AT = 28 * SECONDS
