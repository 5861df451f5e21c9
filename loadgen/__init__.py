"""Events, traffic profiles, the plan, the sender and the crash-safe ledger of what was sent."""
