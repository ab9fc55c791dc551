"""sla-streams: keeps the promise "we answer within 24 hours" in sight, on Kafka."""

__version__ = "0.1.0"
