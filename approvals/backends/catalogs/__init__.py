"""Who says what can be asked for, beside the policy file."""
