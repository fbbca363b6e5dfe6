"""The HTTP layer: connections to the service, and sending requests over them."""
