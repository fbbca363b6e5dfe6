"""The version of the package, read by the build and for the `User-Agent` header."""

__version__ = "0.1.0"
