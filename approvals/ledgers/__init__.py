"""What is recorded of a resource's bindings outside, and what follows from it: pure, and stored as it is."""
