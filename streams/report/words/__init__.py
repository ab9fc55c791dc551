"""The languages of the report, a file each."""
