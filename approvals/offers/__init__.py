"""What IAM offers beside the policy file: made of eligible bindings, and kept to be searched."""
