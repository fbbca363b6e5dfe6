"""What `sync` decides and does."""
