"""`python -m streams.broker` fetches Kafka and makes it start fast."""

from streams.broker.warm import warm

if __name__ == "__main__":
    warm()
