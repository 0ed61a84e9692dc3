"""What is said of a field of a form that must be filled in."""

PRINTED_NAME = "Type your name as it is printed."
MEANING = "Say what your signature means."
USUAL_MEANING = "I reviewed this request and approve it."
"""What a signature means where nothing else is typed."""
REASON = "Say why, so that the requester knows what to change."
ENDING = "Say why, so that its holder knows."

EXTENDING = "Say why you need it for longer: whoever approves reads it."


def too_long(most: int) -> str:
    return f"Write at most {most:,} characters."
