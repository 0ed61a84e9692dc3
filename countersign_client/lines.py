"""Text made fit for one line of a terminal: whoever wrote it, it starts no line and steers nothing."""


def fit(text: object) -> str:
    """Return a text on one line; what does not print shows as the replacement character."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in str(text))
