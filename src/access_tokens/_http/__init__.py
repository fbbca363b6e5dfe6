"""The HTTP layer: connections to the service, and sending requests over them.

The cases are those of tests/faults/CATALOGUE.md: each module says which promise of the client it keeps.
"""
