"""What sentences are made of: words of ours, and typed text made fit to be shown."""
