"""What happened, in words: as lines, as a file to take away, and as events and numbers."""
