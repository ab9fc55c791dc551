"""From SLA events to the people who must act, and back to the help desk."""
