"""The HTTP face: one file a resource, its schemas beside it. Nothing here decides; it asks the rooms below."""
