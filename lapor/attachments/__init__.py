"""Files that come with a case: what kinds are taken, how they are sealed and kept. No database here."""
