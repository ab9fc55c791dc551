"""Help desks as we write to them: a file a vendor."""
