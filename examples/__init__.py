"""Examples for `access_tokens`; each module says what it shows and how to run it."""
