"""Numbers to decide by: what a history says of its promises, and of others that could be made."""
