"""What each method asks of the service, and what becomes of the answer."""
