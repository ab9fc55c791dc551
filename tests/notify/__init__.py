"""SLA events in, messages out."""
