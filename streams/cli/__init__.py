"""The command `sla`: one file a command, no logic."""
