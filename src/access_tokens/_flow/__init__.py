"""The logic of a call: its steps, its retries, and its result or error. No I/O, no clock and no lock here."""
