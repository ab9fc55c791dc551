"""The embedded Kafka: a real Apache Kafka for demos and tests, gone when its owner goes."""

from __future__ import annotations

from streams.broker.error import BrokerError
from streams.broker.jars import Progress, default_cache
from streams.broker.kafka import EmbeddedKafka

__all__ = ["BrokerError", "EmbeddedKafka", "Progress", "default_cache"]
