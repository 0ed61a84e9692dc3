"""How a call to the upstream fails. What counts is whether it may have been done; each text is a sentence."""

from typing import Any


class UpstreamError(Exception):
    """The upstream gave no result. The text says so to the agent and to the operator, and holds nothing secret."""


class Answered(UpstreamError):
    """The upstream understood and said no, by an error of JSON-RPC, which is passed on as it came."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


class Unsent(UpstreamError):
    """Nothing reached the upstream, so nothing was done."""


class Lost(UpstreamError):
    """It was sent, and no whole answer came: it may have been done, and nobody here can say."""
