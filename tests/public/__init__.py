"""The public face: names, parity of the two clients, the spec, errors and values."""
