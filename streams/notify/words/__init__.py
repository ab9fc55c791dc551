"""The words of the notices, a file a language."""
