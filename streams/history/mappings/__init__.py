"""Mappings that come with the package, by name: `sla import --mapping servicenow`."""
