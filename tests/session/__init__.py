"""How a client performs calls: the JWT that all share, deadlines, closing, forks, event loops."""
