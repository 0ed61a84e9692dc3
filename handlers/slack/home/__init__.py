"""The app's Home tab: what waits for whoever opens it, what is theirs, and what was."""
