"""Carries calls out, for threads and for tasks: gets the JWT, sends, waits."""
