"""Messages of JSON-RPC 2.0 between the proxy and its upstream: what one is, and whose answer it holds."""

import re
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from countersign_client.mcp.proxy import strict
from countersign_client.mcp.proxy.errors import Answered, Lost, Unsent

LARGEST = 4 * 1024 * 1024
"""Octets that one message of an upstream may have. A longer one is refused by name, and the rest goes on."""

RECEIPT = "countersign/receipt"
"""Where the receipt of an approval stands in `_meta`: of a result, and of a call where the upstream wants it."""

Told = Callable[[Mapping[str, Any]], Coroutine[Any, Any, None]]
"""What is done with news of a request's progress: the parameters of its notification."""

_METHOD_NOT_FOUND = -32601
# As programs write it, at the front or at the back; our own ids are whole numbers.
_FRONT = re.compile(rb'\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d+)\s*[,}]')
_BACK = re.compile(rb'"id"\s*:\s*(\d+)\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$')


def request(number: int, method: str, params: Mapping[str, Any]) -> bytes:
    """Return a request. Raises `Unsent` for what cannot be written."""
    try:
        return strict.written({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
    except strict.Unfit as error:
        raise Unsent(f"the call cannot be passed on: {error}") from None


def notification(method: str, params: Mapping[str, Any]) -> bytes:
    """Return a notification. Raises `strict.Unfit`."""
    return strict.written({"jsonrpc": "2.0", "method": method, "params": params})


def with_token(params: Mapping[str, Any], token: int | None) -> Mapping[str, Any]:
    """Return parameters that ask for news of progress by our own token, or for none."""
    meta = {name: value for name, value in params.get("_meta", {}).items() if name != "progressToken"}
    if token is not None:
        meta["progressToken"] = token
    rest = {name: value for name, value in params.items() if name != "_meta"}
    return {**rest, "_meta": meta} if meta else rest


def reply(message: Mapping[str, Any]) -> bytes:
    """Return what an upstream is answered that asks something itself: it is there, and there is nobody to ask."""
    if message.get("method") == "ping":
        return strict.written({"jsonrpc": "2.0", "id": message["id"], "result": {}})
    error = {"code": _METHOD_NOT_FOUND, "message": "countersign mcp-proxy passes no requests to its client"}
    return strict.written({"jsonrpc": "2.0", "id": message["id"], "error": error})


def result_of(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of an answer. Raises `Answered` for an error, `Lost` for what is neither."""
    error, result = message.get("error"), message.get("result")
    if isinstance(result, dict) and error is None:
        return result
    if isinstance(error, dict) and result is None:
        code, text = error.get("code"), error.get("message")
        if isinstance(code, int) and not isinstance(code, bool) and isinstance(text, str):
            raise Answered(code, text, error.get("data"))
    raise Lost("the upstream's answer is neither a result nor an error")


def is_answer(message: object) -> bool:
    """Return whether it is an answer to a request of ours, by its number."""
    return isinstance(message, dict) and "method" not in message and type(message.get("id")) is int


def number_in(start: bytes, end: bytes) -> int | None:
    """Return whose answer a message is that cannot be read, by its first and last octets; None if they do not say.

    An upstream that lies here spoils a call of its own.
    """
    found = _FRONT.match(start) or _BACK.search(end)
    return int(found[1]) if found and len(found[1]) < 19 else None
