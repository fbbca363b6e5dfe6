"""A lock for imports that `os.fork` acquires first.

Without it, a fork during another thread's import would leave the module locked for ever in the child.
"""

from __future__ import annotations

import concurrent.futures.thread
import logging
import os
import threading

# These modules register locks with `os.register_at_fork`, which the imports under our lock need as well. They
# must be registered before ours, since `before` functions are called in reverse order.
_ = (concurrent.futures.thread, logging)

importing = threading.RLock()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=importing.acquire, after_in_parent=importing.release, after_in_child=importing.release
    )
