"""What each method of the clients asks of the service. No I/O here."""
