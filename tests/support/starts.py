"""Starts that are refused, whatever way they come in by."""

STARTS = [
    ("soon", "is no time that is understood here"),
    ("2020-01-01 10:00", "That time is over"),
    ("2098-01-01 10:00", "at most 30 days from now"),
]
"""What somebody types, and what they are told."""

MOMENTS = [
    ("soon", "start", "a moment with its zone (RFC 3339)"),
    ("2026-11-30", "start", "a moment with its zone (RFC 3339)"),
    ("2026-11-30T18:00:00", "start", "a moment with its zone (RFC 3339)"),
    ("2020-01-01T10:00:00Z", "start.past", "That time is over"),
    ("2098-01-01T10:00:00+01:00", "start.far", "at most 30 days from now"),
]
"""What a program sends, the code of its refusal, and what that says."""
