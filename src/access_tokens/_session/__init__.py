"""The sessions, sync and async, that carry out calls: they get the JWT, send requests, and wait."""
