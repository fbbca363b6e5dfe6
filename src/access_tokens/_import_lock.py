"""A lock that a fork waits for: a child could never end an import that another thread has begun."""

from __future__ import annotations

import concurrent.futures.thread
import logging
import os
import threading

# What registers later is acquired earlier. The imports that the lock is for need the locks of these two.
_ = (concurrent.futures.thread, logging)

importing = threading.RLock()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=importing.acquire, after_in_parent=importing.release, after_in_child=importing.release
    )
