"""The generated client that `client.api` is."""
