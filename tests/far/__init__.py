"""Far sides: real servers that judge what they are sent, and misbehave on demand."""
