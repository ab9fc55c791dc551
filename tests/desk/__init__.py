"""The desk: what people look at."""
