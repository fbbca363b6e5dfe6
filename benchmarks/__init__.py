"""What the client costs beside its peers, measured in one run against a canned service on loopback."""
