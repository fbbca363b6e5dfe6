"""How a call goes, and what it amounts to. No I/O, no clock and no lock here."""
