"""What the embedded broker promises, on the real one."""
