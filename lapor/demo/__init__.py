"""The demo: a fortnight of an invented city, played through a running server on a simulated clock."""
