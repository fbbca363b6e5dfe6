"""The tests. Most step the pure flow by hand; the rest run both clients against a live local service."""
