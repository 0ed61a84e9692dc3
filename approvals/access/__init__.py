"""What access is there outside and what should be: of one resource's bindings and of who is let into a group."""
