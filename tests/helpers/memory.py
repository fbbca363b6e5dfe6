"""Same as `memory_service`, under its former names."""

from .memory_service import ENDPOINT, MemoryService

__all__ = ["ENDPOINT", "Memory"]


class Memory(MemoryService):
    _exchanged = MemoryService.exchanged
