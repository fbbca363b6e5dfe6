"""Many faults at once: sweeps over every place of a call, and models of what may happen."""
