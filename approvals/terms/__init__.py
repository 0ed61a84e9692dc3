"""What a request asks, and the one object of it that is digested. That object is kept, and never built again."""
