"""What JSON or plain values are read as, each kind made ready under one lock.

`msgspec` (0.22) fills a type in when it reads by it for the first time, and lets other threads go on meanwhile. A
thread that reads by the same type in that moment finds it half filled, which ends the process (`SIGSEGV`). So
whatever may run in threads reads by these functions.
"""

from threading import RLock
from typing import Any, TypeVar, overload

import msgspec

T = TypeVar("T")

_lock = RLock()
_ready: dict[Any, msgspec.json.Decoder[Any]] = {}


@overload
def decoder(kind: type[T]) -> msgspec.json.Decoder[T]: ...
@overload
def decoder(kind: Any) -> msgspec.json.Decoder[Any]: ...
def decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """What reads JSON as this. The same one each time, which any number of threads may use."""
    found = _ready.get(kind)
    if found is None:
        with _lock:
            found = _ready.setdefault(kind, msgspec.json.Decoder(kind))
    return found


@overload
def decode(body: bytes | str, kind: type[T]) -> T: ...
@overload
def decode(body: bytes | str, kind: Any) -> Any: ...
def decode(body: bytes | str, kind: Any) -> Any:
    """Read JSON as this. Raises `msgspec.MsgspecError` for what is none of it."""
    return decoder(kind).decode(body)


@overload
def convert(value: Any, kind: type[T]) -> T: ...
@overload
def convert(value: Any, kind: Any) -> Any: ...
def convert(value: Any, kind: Any) -> Any:
    """The same of what was read from JSON already. Raises `msgspec.ValidationError`."""
    decoder(kind)
    return msgspec.convert(value, kind)
