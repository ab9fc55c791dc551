"""The page as templates, and its style."""
