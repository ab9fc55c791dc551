"""What each process of ours has."""
