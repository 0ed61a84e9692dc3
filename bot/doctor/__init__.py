"""`countersign doctor`: every part of an installation looks at itself, each in a time of its own."""
