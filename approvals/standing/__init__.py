"""What stands in IAM and in groups beside what is ours, found by looking at all of it."""
