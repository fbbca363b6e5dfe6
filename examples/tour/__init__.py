"""A tour of the library: everything it does, first from threads and then from async code.

Run it from the root of the repository:

    python -m examples.tour

It starts a service of its own on the loopback interface and talks to it with real requests. What came back
is printed, and compared with what should; at the first difference the tour ends with exit status 1. Secrets
are never printed.
"""
