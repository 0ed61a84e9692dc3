"""The policy file: parse, evaluate, explain, lint."""
