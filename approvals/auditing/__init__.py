"""Audit chains read again: whether records hold against them, and what they tell."""
