"""The load page: locust drives the plan and senders of this house, and has a page of ours inside its own."""
