"""What a call says: which headers a change needs, and a body of JSON that can be read in one way alone."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

import msgspec

from approvals.reviews import TYPED_LENGTH
from countersign_client import shapes
from handlers import idempotency
from handlers.wire.problems import Fault
from handlers.wording.refusing.fields import too_long

_INTEGERS = 2**53
"""From here on a double cannot tell every whole number from the next, and so canonical JSON cannot (RFC 8785)."""

_JSON = re.compile(r'application/json(?:\s*;\s*charset="?utf-8"?)?', re.IGNORECASE)
_CROSS = (
    "A browser says that this call comes from another site, so nothing was changed. Call from a program of your"
    " own, or decide on the pages."
)
T = TypeVar("T", bound=msgspec.Struct)
Headers = Mapping[str, list[str]]
"""A call's headers by their names in lower case."""


def require_own(headers: Headers) -> None:
    """Raise `Fault` for what a page of somebody else's has sent: the proxy's cookie signs that in as well.

    Programs send no `Sec-Fetch-Site` (Fetch Metadata Request Headers, W3C).
    """
    if any(site not in ("same-origin", "none") for site in headers.get("sec-fetch-site", [])):
        raise Fault(403, "cross_site", _CROSS)


def require_json(headers: Headers) -> None:
    """Raise `Fault` unless the body says that it is JSON, which no form of another site can say unasked."""
    given = headers.get("content-type", [])
    if len(given) != 1 or not _JSON.fullmatch(given[0].strip()):
        raise Fault(415, "content_type", "Send the body as JSON, with Content-Type: application/json.")


def key_of(headers: Headers) -> str:
    """The call's own key. Raises `Fault` where it has none, or several."""
    given = headers.get(idempotency.HEADER.lower(), [])
    if not given:
        raise Fault(
            400,
            "idempotency.missing",
            f"Name this call with {idempotency.HEADER}, such as a UUID, so that sending it again does nothing"
            " twice.",
        )
    try:
        (key,) = map(idempotency.read, given)
    except ValueError:
        raise Fault(
            400,
            "idempotency.malformed",
            f"{idempotency.HEADER} must be one string of at most {idempotency.LONGEST} plain characters, best a"
            " quoted UUID.",
        ) from None
    return key


_LONGEST_NUMBER = 40


class _Unfit(str):
    """How a number was written that canonical JSON cannot carry."""

    __slots__ = ()


class _Broken(NamedTuple):
    """What stands in the place of an object of which something is wrong: where that is, and what."""

    path: tuple[str, ...]
    code: str
    said: str

    def fault(self) -> Fault:
        return Fault(400, self.code, self.said, field=shown(".".join(self.path)))


def too_large(most: int) -> Fault:
    """What a body of more bytes than that is told."""
    return Fault(413, "too_large", f"The body is larger than {most:,} bytes.")


def read(body: bytes, kind: type[T]) -> T:
    """Read a body's one object. Raises `Fault` that names all that is wrong, and each member that is to blame."""
    found = one_object(body)
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    faults = [_unknown(name) for name in found if name not in fields]
    given: dict[str, Any] = {}
    for field in fields.values():
        try:
            given |= _given(field, found)
        except Fault as fault:
            faults.append(fault)
    raise_all(faults)
    return kind(**given)


def raise_all(faults: Sequence[Fault]) -> None:
    """Raise the first of them with the others beside it, where there are any."""
    if faults:
        faults[0].besides(faults[1:])
        raise faults[0]


def _given(field: msgspec.structs.FieldInfo, found: Mapping[str, Any]) -> Mapping[str, Any]:
    """A member by its attribute's name; nothing where it may be absent and is."""
    name = field.encode_name
    if name in found:
        return {field.name: _value(name, found[name], field.type)}
    if field.required:
        raise Fault(422, "member", f"The member {name} is missing.", field=name)
    return {}


def _unknown(name: str) -> Fault:
    return Fault(422, "unknown_member", f"There is no member {shown(name)} here.", field=shown(name))


def one_object(body: bytes) -> dict[str, Any]:
    """The one object that a body is. Raises `Fault`, which names a member that stands there twice, and a number
    that would be another one in canonical JSON.
    """
    try:
        found = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_once,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_no_number,
        )
    except (ValueError, RecursionError):
        raise Fault(400, "json", "The body is no JSON text in UTF-8.") from None
    for broken in _broken(found):
        raise broken.fault()
    if not isinstance(found, dict):
        raise Fault(400, "json", "The body must be one JSON object.")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any] | _Broken:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            return _Broken((name,), "duplicate_member", f"The member {shown(name)} stands there twice.")
        for broken in _broken(value):
            return broken._replace(path=(name, *broken.path))
        for unfit in _unfit(value):
            said = f"{shown(unfit)} in {shown(name)} would be another number in canonical JSON. Send a text."
            return _Broken((name,), "number", said)
        found[name] = value
    return found


def _unfit(value: Any) -> Iterator[_Unfit]:
    """Of objects each has looked at its own members."""
    if isinstance(value, _Unfit):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _unfit(each)


def _broken(value: Any) -> Iterator[_Broken]:
    """Of lists the objects in them; an object that is none knows where in it something is wrong."""
    if isinstance(value, _Broken):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _broken(each)


def _integer(text: str) -> Any:
    found = int(text) if len(text) < 20 else _INTEGERS
    return found if abs(found) < _INTEGERS else _Unfit(text)


def _float(text: str) -> Any:
    """A number whose double is the same number to those who read it: 0.1, and neither 1e999 nor 20 digits."""
    found = float(text)
    try:
        same = math.isfinite(found) and len(text) < _LONGEST_NUMBER and Decimal(repr(found)) == Decimal(text)
    except ArithmeticError:  # an exponent of twenty digits
        same = False
    return found if same else _Unfit(text)


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


_KINDS = {str: "a text", int: "a whole number", bool: "true or false"}


def _value(name: str, value: Any, kind: Any) -> Any:
    try:
        found = shapes.convert(value, kind)
    except msgspec.ValidationError:
        said = f"must be {_KINDS[kind]}" if kind in _KINDS else "is of another kind than it must be"
        raise Fault(422, "member", f"The member {name} {said}.", field=name) from None
    # Of a mapping its reader says which member it is.
    if not isinstance(found, Mapping) and not _is_whole(value):
        raise Fault(422, "member", f"The member {name} is no text: it has half of a character.", field=name)
    return found


def _is_whole(value: Any) -> bool:
    """Whether every text in it can be written, however deep."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def bounded(name: str, text: str) -> str:
    """A text without blanks around it. Raises `Fault` where it is longer than others are shown of it."""
    if len(text.strip()) > TYPED_LENGTH:
        raise Fault(422, "member", too_long(TYPED_LENGTH), field=name)
    return text.strip()


def shown(name: str) -> str:
    """A name that somebody sent, as it may be repeated to them."""
    return name.encode("ascii", "backslashreplace").decode()[:60]
