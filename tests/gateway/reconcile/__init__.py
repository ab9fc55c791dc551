"""What webhooks lost, found in a history."""
