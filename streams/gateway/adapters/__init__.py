"""A file a help desk: a pure function from a webhook to what happened, and its words."""
