"""How one call goes: what is repeated, how long it waits, which error an answer becomes."""
