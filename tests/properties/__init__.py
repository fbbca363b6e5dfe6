"""What holds whatever is passed, and whatever is answered."""
