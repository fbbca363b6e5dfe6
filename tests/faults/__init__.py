"""What is done to the client in CATALOGUE.md, and what comes of it."""
