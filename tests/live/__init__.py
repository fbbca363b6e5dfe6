"""Both clients against live services, in every variant."""
