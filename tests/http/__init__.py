"""Connections: pools, TLS, proxies, bodies, and what goes wrong on them."""
