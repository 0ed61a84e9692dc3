"""`countersign doctor`: each part, with exactly one thing wrong."""
