"""What is sealed: who reported, and what is confidential."""
