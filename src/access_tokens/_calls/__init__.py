"""The clients' methods without I/O: they check arguments, describe calls, and read answers."""
