"""Migrations, run by `lapor migrate`."""
