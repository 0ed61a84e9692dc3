"""Cases that hold. What was shown stands in words beside what it was made of."""

from collections.abc import Iterator
from typing import Any

from tools.receipts import alone, counted, joined, owned, salted
from tools.receipts.made import KEY, OLDER, Case, key_set, signed
from tools.receipts.whole import (
    ALICE,
    ALLOW,
    AT_START,
    BOB,
    CAROL,
    LATER,
    PERSON,
    SHOWN,
    SIGNED,
    WINDOW,
    access,
    action,
    claims,
    decision,
    fixed,
    later,
    review,
    signature,
    small,
)

Lines = list[list[str]]


def cases() -> Iterator[Case]:
    """Every case that holds."""
    yield from _actions()
    yield from _texts()
    yield from _access()
    yield from _later()
    yield from alone.good()
    yield from joined.good()
    yield from salted.good()
    yield from owned.good()
    yield from counted.good()
    yield from _for_others()
    yield from _around()


def _holds(name: str, what: str, found: dict[str, Any], **more: Any) -> Case:
    more.setdefault("receipt", signed(found))
    return Case(name=name, what=what, shown=found["terms"].get("shown", []), **({"keys": key_set()} | more))


def _actions() -> Iterator[Case]:
    unused = {"use_by": None, "used": None}
    asserted = PERSON | {"proven": "asserted", "issuer": "", "subject": ""}
    by_proxy = PERSON | {"proven": "iap", "issuer": "iap", "unknown": ["department"]}
    named = [["Proven by", "asserted by payments"] if line[0] == "Proven by" else line for line in SHOWN]
    proxy = [
        ["Proven by", "Identity-Aware Proxy, by iap, for its subject 00u1a2b3c4"]
        if line[0] == "Proven by"
        else line
        for line in SHOWN
    ]
    proxy.insert(-1, ["Not known", "department"])
    yield _holds("action-used", "An action that one person approved, used a minute later.", claims())
    yield _holds(
        "action-signed", "The approver signed with a typed name.",
        claims(action(requirement=SIGNED), reviews=[signature()]),
    )  # fmt: skip
    yield _holds(
        "action-allowed", "A guardrail let it through: nobody was asked.",
        claims(action(requirement=ALLOW), decision=decision(), reviews=[]),
    )  # fmt: skip
    yield _holds(
        "action-asserted", "The application named the person by its word alone, who confirmed it.",
        claims(
            action(person=asserted, shown=named), confirmed={"at": "2026-03-02T09:00:00Z", "channel": "slack"}
        ),
    )  # fmt: skip
    yield _holds(
        "action-by-proxy", "The proxy vouched for the person, and one of the claims is not known.",
        claims(action(person=by_proxy, shown=proxy)),
    )  # fmt: skip
    yield _holds(
        "action-used-in-its-last-second", "Used one second before the time was over.",
        claims(used={"at": "2026-03-02T09:11:59Z", "by": "payments", "key": "k"}),
    )  # fmt: skip
    yield _holds(
        "action-used-at-once", "Used in the second of the decision.",
        claims(used={"at": "2026-03-02T09:02:00Z", "by": "payments", "key": "k"}),
    )  # fmt: skip
    yield _holds(
        "action-denied", "Denied: there is no use.",
        claims(decision=decision(BOB, outcome="denied"), reviews=[review(verdict="deny")], **unused),
    )  # fmt: skip
    yield _holds(
        "action-expired", "Nobody decided in time.",
        claims(decision=decision(outcome="expired", reason="time"), reviews=[], **unused),
    )  # fmt: skip
    yield _holds(
        "action-withdrawn", "Its application took it back.",
        claims(decision=decision(ALICE, outcome="withdrawn"), reviews=[], **unused),
    )  # fmt: skip
    yield _holds(
        "action-asserted-denied", "Whom the application named confirmed nothing, and it expired.",
        claims(
            action(person=asserted, shown=named), decision=decision(outcome="expired"), reviews=[], **unused
        ),
    )  # fmt: skip
    day = [
        ["Can be used", "once, within 24 hours of the decision"] if line[0] == "Can be used" else line
        for line in SHOWN
    ]
    yield _holds(
        "action-usable-for-a-day", "It could be used for a day, which is the most.",
        claims(action(use_by=86_400, shown=day), use_by="2026-03-03T09:02:00Z"),
    )  # fmt: skip


def _text(value: str, shown: str) -> dict[str, Any]:
    given = {"name": "order", "label": "Order", "type": "string", "value": value}
    return claims(small(given, shown=[["Order", shown]]))


def _typed(kind: str, value: str, shown: str) -> dict[str, Any]:
    return claims(small({"name": "x", "label": "It", "type": kind, "value": value}, shown=[["It", shown]]))


def _texts() -> Iterator[Case]:
    for name, value, shown in (
        ("bare", "A-17", "A-17"),
        ("line-break", "A-17\nAmount: 1.00 EUR", "A-17⟨U+000A⟩Amount: 1.00 EUR"),
        ("read-backwards", "\u202e00.052", "⟨U+202E⟩00.052"),
        ("no-width", "A\u200b-17\ufeff", "A⟨U+200B⟩-17⟨U+FEFF⟩"),
        ("spaces", " A  17 ", "⟨U+0020⟩A ⟨U+0020⟩17⟨U+0020⟩"),
        ("space-before-a-line-break", "A \n", "A ⟨U+000A⟩"),
        ("other-spaces", "A\u00a017\u3000", "A⟨U+00A0⟩17⟨U+3000⟩"),
        ("joined-mark", "e\u0301", "e⟨U+0301⟩"),
        ("twin", "5 \u212a\u2126", "5 ⟨U+212A⟩⟨U+2126⟩"),
        ("our-own-brackets", "⟨U+000A⟩", "⟨U+27E8⟩U+000A⟨U+27E9⟩"),
        ("beyond-16-bits", "\U000e0041 \U0001f600", "⟨U+E0041⟩ \U0001f600"),
        ("from-the-right", "שלום עולם", "שלום עולם"),
        ("from-both-sides", "a א 1", "a ⟨U+05D0⟩ 1"),
        ("nothing", "", "⟨nothing⟩"),
        ("other-letters", "Zoë 東京 Ω €", "Zoë 東京 Ω €"),
    ):
        yield _holds(f"text-{name}", "What people are shown of a text.", _text(value, shown))
    for name, kind, value, shown in (
        ("number", "number", "-12.5", "-12.5"),
        ("time", "time", "2024-02-29T23:59:59Z", "29 February 2024, 23:59:59 UTC"),
        ("time-in-parts", "time", "2026-12-01T00:00:00.250Z", "1 December 2026, 00:00:00.250 UTC"),
        ("secret", "secret", fixed("7"), "•••• (not shown)"),
        ("text-like-a-secret", "string", "•••• (not shown)", "•••• (not shown)"),
    ):
        yield _holds(f"value-{name}", "What people are shown of a value.", _typed(kind, value, shown))
    # RFC 8785 sorts by UTF-16: the pair of U+1F600 comes before U+F8FF, though its number is larger.
    metadata = {"\uf8ff": "b", "\U0001f600": "a", "z": "c"}
    lines: Lines = [["z", "c"], ["\U0001f600", "a"], ["⟨U+F8FF⟩", "b"]]
    yield _holds("sorted-by-utf-16", "Names that sort by UTF-16.", claims(small(shown=lines, metadata=metadata)))
    commas = PERSON | {"claims": {"groups": ["a, b", "c"], "roles": []}, "amr": ["x,y"]}
    lists = [
        {
            "Claim groups": ["Claim groups", "a⟨U+002C⟩ b, c"],
            "Claim type": ["Claim roles", "⟨none⟩"],
            "Means of sign-in": ["Means of sign-in", "x⟨U+002C⟩y"],
        }.get(line[0], line)
        for line in SHOWN
    ]
    yield _holds(
        "lists",
        "Lists whose items hold commas, and one without an item.",
        claims(action(person=commas, shown=lists)),
    )


def _access() -> Iterator[Case]:
    alone = {"kind": "self", "stages": []}
    two = {
        "kind": "stages",
        "stages": [
            {"approvers": ["group:sre"], "needed": 1, "sign": ""},
            {"approvers": ["group:security"], "needed": 1, "sign": "typed"},
        ],
    }
    bundle = {name: value for name, value in access(v=2).items() if name not in {"resource", "roles", "condition"}}
    bundle["targets"] = [
        {"kind": "iam", "resource": "projects/shop-prod", "roles": ["roles/run.viewer"], "condition": ""},
        {"kind": "iam", "resource": "projects/shop-data", "roles": ["roles/bigquery.user"], "condition": "true"},
    ]
    by = decision(BOB, CAROL, window=WINDOW)
    yield _holds("access", "An hour of one role.", claims(access()))
    yield _holds(
        "access-of-nobody-else", "The policy says self.",
        claims(access(requirement=alone), decision=decision(window=WINDOW), reviews=[]),
    )  # fmt: skip
    yield _holds(
        "access-in-two-stages", "Two people, one of whom signed.",
        claims(access(requirement=two), decision=by, reviews=[review(), signature(CAROL)]),
    )  # fmt: skip
    yield _holds("access-of-several-grants", "Version 2 of the terms.", claims(bundle))
    yield _holds(
        "access-with-more", "Terms of version 1 may say more: the digest covers it.",
        claims(access(ticket={"id": "INC-42", "open": True, "of": [1, None]})),
    )  # fmt: skip


def _later() -> Iterator[Case]:
    by = decision(BOB, window=LATER)
    yield _holds("later", "Version 4: it continues another, which ends later.", claims(later(), decision=by))
    at_start = decision(BOB, window=AT_START)
    yield _holds("later-start", "The same hour by itself.", claims(later(extends=""), decision=at_start))
    at_once = later(start=None, extends="")
    yield _holds("later-at-once", "The same without either.", claims(at_once))
    before = claims(later(start="2026-03-02T09:00:00Z", extends=""))
    yield _holds("later-than-asked", "It was approved after the start.", before)
    for kind, what in (("auto", "A rule of the policy approved."), ("break_glass", "Access in an emergency.")):
        lonely = later(requirement={"kind": kind, "approve_when": "", "stages": []}, start=None, extends="")
        name = kind.replace("_", "-")
        yield _holds(f"later-{name}", what, claims(lonely, decision=decision(window=WINDOW), reviews=[]))


def _for_others() -> Iterator[Case]:
    stands = review(CAROL, behalf=BOB)
    by = decision(CAROL, window=WINDOW)
    yield _holds(
        "access-for-somebody-away", "Who stands in approved.", claims(access(), decision=by, reviews=[stands])
    )


def _around() -> Iterator[Case]:
    found = claims()
    others = (
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
    )
    yield _holds("space-around", "White space around it says nothing.", found, receipt=f" \t{signed(found)}\r\n")
    yield _holds("any-issuer", "No issuer is demanded.", found, issuer=None)
    yield _holds("older-key", "Signed by a key that was replaced since.", found, receipt=signed(found, key=OLDER))
    yield _holds("other-keys", "Keys of other kinds are passed over.", found, keys=key_set(*others, KEY.jwk()))
    plain = key_set(KEY.jwk(countersign_purpose=None, use=None, alg=None, kid=None))
    yield _holds("unmarked-keys", "Keys of 0.1.0 do not say what they are for: a warning.", found, keys=plain)
    yield _holds(
        "more-in-the-header", "A key in the header is not believed, and does no harm.", found,
        receipt=signed(found, typ="JWT", jwk=OLDER.jwk()),
    )  # fmt: skip
