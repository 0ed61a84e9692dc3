"""The address of a request's page, and the token in it: what a mail, a card and the pages must agree on.

Mail filters rewrite or drop a link that holds a signed token (RFC 7519). So the token is written as JIT Access
wrote it: without its first `ey`, with `~~` for `.ey` and `~` for any other dot. That hides nothing from anybody; a
token gives no right.
"""

_BEGINNING = "ey"


def ask_link(pages_url: str) -> str:
    """The address at which access is asked for."""
    return f"{pages_url}/ask/"


def review_link(pages_url: str, token: str) -> str:
    """The address at which a request is reviewed. `pages_url` is COUNTERSIGN_PAGES_URL, without a last slash.

    Raises `ValueError` for what is no signed token.
    """
    return f"{pages_url}/review/{obfuscated(token)}"


def request_link(pages_url: str, request_id: str) -> str:
    """The address of a request's page by its id, for whoever it concerns."""
    return f"{pages_url}/request/{request_id}"


def drill_link(pages_url: str, drill_id: str) -> str:
    """The address at which somebody who was called to a drill says that they are there."""
    return f"{pages_url}/drill/{drill_id}"


def obfuscated(token: str) -> str:
    """Write a signed token so that it does not look like one. Raises `ValueError` for what is none."""
    if not token.startswith(_BEGINNING) or "~" in token:
        raise ValueError("that is no signed token")
    return token.removeprefix(_BEGINNING).replace(".ey", "~~").replace(".", "~")


def token_of(text: str) -> str:
    """Read what `obfuscated` wrote; of anything else comes a text that is no token of ours."""
    return _BEGINNING + text.replace("~~", ".ey").replace("~", ".")
