"""What each process of ours has: brokers, logs, and an address where it is asked how it stands."""
