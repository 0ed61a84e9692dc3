"""Reads the policy file: YAML in, the records of `policy.model` out, and every mistake named at its place."""
