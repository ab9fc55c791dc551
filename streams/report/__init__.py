"""The report: what a history says of its promises, as numbers, as a page, and as a few lines."""
