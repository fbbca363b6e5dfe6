"""Stores through which many processes share one JWT."""
