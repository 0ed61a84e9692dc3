"""Cases that do not hold: one thing of a good one is altered, and that names the check that finds it."""

import json
from collections.abc import Iterator
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

from tools.receipts import alone, contradictory, counted, joined, later, owned, salted
from tools.receipts.made import KEY, OLDER, STRANGER, Case, altered, base64url, key_set, part, signed
from tools.receipts.whole import access, claims, decision, review

_LETTERS = ascii_uppercase + ascii_lowercase + digits + "-_"


def cases() -> Iterator[Case]:
    """Every case that does not hold."""
    yield from _forms()
    yield from _keys()
    yield from _signatures()
    yield from _claims()
    yield from contradictory.cases()
    yield from later.cases()
    yield from alone.bad()
    yield from joined.bad()
    yield from salted.bad()
    yield from owned.bad()
    yield from counted.bad()


def _fails(name: str, code: str, what: str, receipt: str, **more: Any) -> Case:
    return Case(name=name, what=what, receipt=receipt, code=code, **({"keys": key_set()} | more))


def _forms() -> Iterator[Case]:
    head, body, signature = signed(claims()).split(".")
    twice = base64url(b'{"alg":"ES256","kid":"a","kid":"' + KEY.kid.encode() + b'"}')
    # 64 octets end with four bits that say nothing.
    last = _LETTERS[_LETTERS.index(signature[-1]) + 1]
    for name, what, receipt in (
        ("empty", "Nothing at all.", ""),
        ("two-parts", "The signature is missing.", f"{head}.{body}"),
        ("four-parts", "There is one part more.", f"{head}.{body}.{signature}.{signature}"),
        ("padded", "Base64url with padding.", f"{head}.{body}.{signature}=="),
        ("standard-base64", "A letter that base64url has not.", f"{head}.{body}.+{signature[1:]}"),
        (
            "another-spelling", "The last letter has a bit more, which says nothing.",
            f"{head}.{body}.{signature[:-1]}{last}",
        ),
        ("space-inside", "A space between its parts.", f"{head}. {body}.{signature}"),
        ("header-no-object", "The header is a list.", f"{part([])}.{body}.{signature}"),
        ("header-no-json", "The header is no JSON.", f"{part('alg: ES256')}.{body}.{signature}"),
        ("header-member-twice", "The header names two keys.", f"{twice}.{body}.{signature}"),
    ):  # fmt: skip
        yield _fails(f"form-{name}", "form", what, receipt)


def _keys() -> Iterator[Case]:
    body, signature = signed(claims()).split(".")[1:]
    named = signed(claims(), key=STRANGER)
    yield _fails("key-of-a-stranger", "key", "A key that the issuer does not have.", named)
    yield _fails(
        "key-not-named", "key", "The header names no key.", f"{part({'alg': 'ES256'})}.{body}.{signature}"
    )
    number = part({"alg": "ES256", "kid": 7})
    yield _fails(
        "key-named-by-a-number", "key", "The header names a key by a number.", f"{number}.{body}.{signature}"
    )
    other = OLDER.jwk()
    for name, unfit in (
        ("tokens", KEY.jwk(countersign_purpose="tokens")),
        ("encryption", KEY.jwk(use="enc")),
        ("another-algorithm", KEY.jwk(alg="ES384")),
        ("signing-alone", KEY.jwk(key_ops=["sign"])),
    ):
        yield _fails(
            f"key-for-{name}", "purpose", "Its key is there, but not for receipts.", signed(claims()),
            keys=key_set(unfit, other),
        )  # fmt: skip
    twin = key_set(KEY.jwk(), KEY.jwk(countersign_purpose="tokens"), other)
    yield _fails(
        "key-of-two-purposes",
        "purpose",
        "One key stands there twice, once for tokens.",
        signed(claims()),
        keys=twin,
    )
    off = {**KEY.public, "y": KEY.public["x"], "countersign_purpose": "receipts"}
    for name, what, keys in (
        ("none", "The set is empty.", {"keys": []}),
        ("of-tokens-alone", "No key of it is for receipts.", key_set(KEY.jwk(countersign_purpose="tokens"))),
        ("no-point", "A key that is no point of the curve.", key_set(off, other)),
        ("no-set", "This is no set of keys.", {"jwks": []}),
    ):
        yield _fails(f"keys-{name}", "keys", what, signed(claims()), keys=keys)


def _signatures() -> Iterator[Case]:
    good = signed(claims())
    head, body, signature = good.split(".")
    other = part(altered(claims(), "jti", "other"))
    named = {"alg": "ES256", "kid": KEY.kid}
    flipped = bytearray(KEY.signature(f"{head}.{body}"))
    flipped[7] ^= 4
    for name, what, receipt in (
        ("of-another-body", "One claim was altered after it was signed.", f"{head}.{other}.{signature}"),
        ("of-another-header", "The header was altered.", f"{part(named | {'typ': 'x'})}.{body}.{signature}"),
        ("one-bit-off", "One bit of the signature is another one.", f"{head}.{body}.{base64url(bytes(flipped))}"),
        ("missing", "The algorithm is none.", f"{part({'alg': 'none', 'kid': KEY.kid})}.{body}."),
        ("by-a-shared-secret", "The algorithm is HS256.", f"{part(named | {'alg': 'HS256'})}.{body}.{signature}"),
        ("in-der", "As OpenSSL writes it.", f"{head}.{body}.{base64url(KEY.der(f'{head}.{body}'))}"),
        ("of-zeros", "The signature is zeros.", f"{head}.{body}.{base64url(bytes(64))}"),
        ("by-a-stranger", "A stranger's key by another name.", signed(claims(), key=STRANGER, kid=KEY.kid)),
        (
            "by-a-key-in-the-header", "The header brings the key along.",
            signed(claims(), key=STRANGER, kid=KEY.kid, jwk=STRANGER.jwk()),
        ),
        ("with-crit", "The header demands what no reader knows.", signed(claims(), crit=["exp"], exp=1)),
        ("over-bare-octets", "The header says b64.", signed(claims(), b64=False)),
    ):  # fmt: skip
        yield _fails(f"signature-{name}", "signature", what, receipt)


def _claims() -> Iterator[Case]:
    text = json.dumps(claims())
    for name, what, found in (
        ("activation", "A token of the same key.", claims(knd="activation")),
        ("checkpoint", "A checkpoint of the same key.", claims(knd="checkpoint")),
        ("missing", "It does not say what it is.", claims(knd=None)),
        ("a-list", "The payload is a list.", [claims()]),
    ):
        yield _fails(f"kind-{name}", "kind", what, signed(found))
    denied = {"decision": decision("bob@example.com", outcome="refunded")}
    for name, what, wrong in (
        ("no-json", "The payload is no JSON.", "receipt"),
        ("twice", "A member stands there twice.", text[:-1] + ', "sub": "r-0123456789"}'),
        ("twice-inside", "A member of the terms stands there twice.", text.replace('"v": 3', '"v": 3, "v": 3')),
        ("not-a-number", "NaN is no JSON.", text.replace('"iat": 1772442180', '"iat": NaN')),
        ("byte-order-mark", "It begins with a byte order mark.", "\ufeff" + text),
        ("half-a-character", "It is no UTF-8.", text.replace("0123456789abcdef", "\ud800")),
        ("trailing-comma", "A comma more.", text[:-1] + ",}"),
        ("a-number-in-parts", "An integer is written 1.0.", text.replace('"rev": 1', '"rev": 1.0')),
        ("unknown", "A claim that nobody knows could take something back.", claims(exp=1772442180)),
        (
            "named-as-in-the-language",
            "The same by a name that JavaScript's objects have.",
            claims(constructor="x"),
        ),
        ("no-version", "It does not say which version it is.", claims(v=None)),
        ("later-version", "A later version.", claims(v=2)),
        ("no-audit", "A claim is missing.", claims(audit=None)),
        ("no-entry", "A chain without an entry.", altered(claims(), "audit.seq", 0)),
        ("time-as-text", "The time of issue is a text.", claims(iat="1772442180")),
        ("time-without-zone", "A time without its zone.", altered(claims(), "decision.at", "2026-03-02T09:02:00")),
        ("no-date", "A day that February has not.", altered(claims(), "decision.at", "2026-02-30T09:02:00Z")),
        ("other-outcome", "An outcome that nobody knows.", claims(**denied)),
        ("use-by-as-number", "The time of use is a number.", claims(use_by=1772442720)),
        ("use-says-more", "The use says more.", altered(claims(), "used.times", 2)),
        ("review-says-more", "A vote with a weight.", claims(reviews=[review(weight=2)])),
        ("not-used", "The use is null.", json.dumps(claims() | {"used": None})),
    ):
        yield _fails(f"claims-{name}", "claims", what, signed(wrong))
    yield _fails(
        "issuer-another", "issuer", "Another issuer is demanded.", signed(claims()), issuer="countersign:other"
    )
    yield _fails(
        "time-of-issue", "time", "It was issued in no year that there is.", signed(claims(access(), iat=10**18))
    )
