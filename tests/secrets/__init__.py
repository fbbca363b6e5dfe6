"""No secret is shown by anything."""
