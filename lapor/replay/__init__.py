"""Replay a year of complaints in minutes, and count what came of it."""
