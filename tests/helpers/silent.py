"""Same as in `fault_server`."""

from .fault_server import silent_service

__all__ = ["silent_service"]
