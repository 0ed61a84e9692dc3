"""Granters: where access is made and ended."""
