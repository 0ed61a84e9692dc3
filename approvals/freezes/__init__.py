"""What a freeze stops: the moves that begin and end one, and what whoever acts meanwhile is told."""
