"""Webhooks in, ticket events out."""
