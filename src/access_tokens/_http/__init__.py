"""Connections of our own, and what goes over them."""
