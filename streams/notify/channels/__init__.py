"""A file a far side: how a message is said there."""
