"""A lock that `os.fork` acquires first: what is done under it, no fork in another thread breaks off.

Without it, a module that another thread was importing could stay locked for ever in the child, and so could a
lock of OpenSSL that another thread held while it made a TLS context.
"""

from __future__ import annotations

import concurrent.futures.thread
import logging
import os
import threading

# These modules register locks with `os.register_at_fork`, which the work under our lock needs as well. They
# must be registered before ours, since `before` functions are called in reverse order.
_ = (concurrent.futures.thread, logging)

no_fork = threading.RLock()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=no_fork.acquire, after_in_parent=no_fork.release, after_in_child=no_fork.release
    )
