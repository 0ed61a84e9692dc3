"""Proofs of who is calling that several channels use."""
