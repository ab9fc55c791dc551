"""What help desks send, as ticket events in Kafka; an adapter each, and what was missed, later."""
