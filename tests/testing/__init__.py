"""The local service."""
