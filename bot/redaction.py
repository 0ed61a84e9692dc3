"""What is taken out of a log line before it is written: tokens, signatures, secrets and bodies."""

import base64
import binascii
import json
import re
from collections.abc import Iterable

from bot.variables import Secret

# A JWS in compact form begins with the base64url of `{"` (RFC 7515 section 3.3).
_JWS = re.compile(r"eyJ[\w-]{6,}(?:\.[\w-]*){0,2}")
_SECRETS = re.compile(
    r"xox[a-z](?:\.xox[a-z])?-[\w-]+"  # Slack's bot, user and refresh tokens
    r"|xapp-[\w-]+"
    r"|v0=[0-9a-fA-F]{16,}"  # Slack's request signature
    r"|ya29\.[\w.-]+"  # Google's access tokens
    r"|\b\d+\.\d+\.[0-9a-f]{32}\b"  # Slack's trigger ids
    r"|https://hooks\.slack(?:-gov)?\.com/\S+"  # response addresses: who holds one may answer
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.*?-----END [A-Z ]*PRIVATE KEY-----|.*)"
    r"|(?<=Bearer )\S+|(?<=bearer )\S+",
    re.DOTALL,
)
_FORM = re.compile(r"(?:payload|token|body)=\S+|(?<![\w.%-])[\w.%-]+=[^\s&]*(?:&[\w.%-]+=[^\s&]*){2,}")
_OBJECT = re.compile(r"""\{\s*["'}]|\[\s*[{\["']""")
_ERROR_CODE = re.compile(r"""["']error["']\s*:\s*["']([a-z_]{1,60})["']""")
_JTI = re.compile(r"[\w-]{1,64}")

# The patterns below take quadratic time on hostile text, so that no more of it is looked at.
LONGEST = 8_000

# Line ends, terminal escapes, and marks that reorder or hide text.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


class Redaction:
    """Removes what looks like a secret, and the exact secrets that it was given."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        known = sorted({secret.reveal() for secret in secrets}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def clean(self, text: str) -> str:
        """Return the text without secrets, tokens and bodies. A token leaves its `jti`, a body its error code."""
        return _without_objects(_FORM.sub("[body]", self.without_tokens(text)))

    def without_tokens(self, text: str) -> str:
        """Return the text without secrets and tokens; for lines of source in a trace, which look like bodies."""
        if self._known:
            text = self._known.sub("[secret]", text)
        if len(text) > LONGEST:
            text = text[:LONGEST] + " [cut]"
        return _SECRETS.sub("[secret]", _JWS.sub(_token_mark, text))


def escaped(text: str, *, keep: str = "") -> str:
    """Return the text on one line: control characters and direction marks as `\\xNN` or `\\uNNNN`."""
    return _CONTROL.sub(lambda found: found[0] if found[0] in keep else _escape(found[0]), text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _without_objects(text: str) -> str:
    """Drop everything from the first JSON or Python object to its last bracket; without one, to the end."""
    opening = _OBJECT.search(text)
    if not opening:
        return text
    end = max(text.rfind("}"), text.rfind("]"))
    end = end + 1 if end > opening.start() else len(text)
    code = _ERROR_CODE.search(text, opening.start(), end)
    mark = f"[body, error {code[1]}]" if code else "[body]"
    return text[: opening.start()] + mark + text[end:]


def _token_mark(found: re.Match[str]) -> str:
    """Name the token by its id, so that a line can be matched with the audit. Nothing of it is trusted."""
    parts = found[0].split(".")
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
        jti = claims["jti"]
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error):
        return "[token]"
    return f"[token {jti}]" if isinstance(jti, str) and _JTI.fullmatch(jti) else "[token]"
