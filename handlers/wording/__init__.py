"""Requests as sentences and facts, errors as words for people. Every channel takes its wording from here."""
