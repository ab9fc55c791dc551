"""Real incidents (CC BY 4.0, see examples/uci/README.md), how to read them, what to promise."""
