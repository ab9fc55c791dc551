"""What the help desk knows and the topic does not: webhooks get lost, their history stays."""
