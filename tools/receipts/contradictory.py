"""Receipts that their issuer signed, and that contradict themselves."""

from collections.abc import Iterator
from typing import Any

from tools.receipts.made import Case, altered, covered, digest, key_set, signed
from tools.receipts.whole import (
    ALICE,
    ALLOW,
    BOB,
    CAROL,
    PERSON,
    SHOWN,
    SIGNED,
    USE_BY,
    USED,
    WINDOW,
    access,
    action,
    claims,
    decision,
    fixed,
    review,
    signature,
)

Found = dict[str, Any]


def cases() -> Iterator[Case]:
    """Every case whose signature holds and which is refused all the same."""
    for code, group in (
        ("digest", _uncovered()),
        ("terms", _terms()),
        ("shown", _shown()),
        ("request", _request()),
        ("requirement", _requirement()),
        ("person", _person()),
        ("people", _people()),
        ("reviews", _reviews()),
        ("signatures", _signatures()),
        ("window", _window()),
        ("use", _use()),
        ("time", _times()),
    ):
        for name, what, found in group:
            yield Case(name=f"{code}-{name}", what=what, receipt=signed(found), code=code, keys=key_set())


Group = Iterator[tuple[str, str, Found]]
FIRST = "terms.targets.0"


def _uncovered() -> Group:
    good = claims()
    for name, path, value in (
        ("another-amount", f"{FIRST}.parameters.0.value", "2500.00 EUR"),
        ("another-secret", f"{FIRST}.parameters.2.value", fixed("8")),
        ("another-application", f"{FIRST}.application", "store"),
        ("another-key", f"{FIRST}.key", "order/A-18"),
        ("other-data", f"{FIRST}.data", '{"channel":"mail"}'),
        ("other-metadata", f"{FIRST}.metadata.cost_centre", "4712"),
        ("another-risk", f"{FIRST}.risk", "None"),
        ("another-person", "terms.person.principal", "gwen@example.com"),
        ("another-proof", "terms.person.proven", "iap"),
        ("another-policy", "terms.policy", fixed("9")),
        ("another-requirement", "terms.requirement", ALLOW),
        ("another-word-shown", "terms.shown.2.1", "25.00 EUR"),
        ("another-time-to-use-it", "terms.use_by", 86_400),
        ("another-member", "terms.note", "harmless"),
    ):
        yield name, "Something of the terms was altered, and the digest was not.", altered(good, path, value)
    yield "of-other-terms", "The digest is that of access.", claims(dig=digest(access()))
    upper = claims()["dig"].upper().replace("SHA256", "sha256")
    yield "in-capitals", "The digest is written in capitals.", claims(dig=upper)


def _terms() -> Group:
    good = claims()
    for name, what, path, value in (
        ("later-version", "A version that nobody knows.", "terms.v", 99),
        ("another-member", "Terms of an action say nothing more than the format has.", "terms.note", "harmless"),
        ("no-risk", "A member is missing.", f"{FIRST}.risk", None),
        ("of-no-action", "There is no action.", "terms.targets", []),
        ("of-two-actions", "There are two.", "terms.targets.1", good["terms"]["targets"][0]),
        ("of-another-kind", "A kind of target that no action is.", f"{FIRST}.kind", "iam"),
        ("type", "A type of parameter that nobody knows.", f"{FIRST}.parameters.1.type", "colour"),
        ("salt", "A secret with its salt.", f"{FIRST}.parameters.2.salt", "s"),
        ("proof", "A proof that nobody knows.", "terms.person.proven", "believed"),
        ("self", "An action says self, which is for access.", "terms.requirement", {"kind": "self", "stages": []}),
        ("no-time-to-use-it", "It could be used for no time.", "terms.use_by", 0),
        ("two-days-to-use-it", "It could be used for longer than a day.", "terms.use_by", 86_401),
        ("line-of-three", "A line of three texts.", "terms.shown.0.2", "harmless"),
        ("nobody-needed", "A stage needs nobody.", "terms.requirement.stages.0.needed", 0),
        ("signed-in-at-no-time", "A time of sign-in that is none.", "terms.person.auth_time", "yesterday"),
    ):
        yield name, what, covered(good, path, value)
    for name, value in (
        ("no-date", "2026-02-29T09:00:00Z"),
        ("of-another-zone", "2026-03-02T09:00:00+01:00"),
        ("without-zone", "2026-03-02T09:00:00"),
        ("hour-24", "2026-03-02T24:00:00Z"),
    ):
        due = {"name": "due", "label": "Due", "type": "time", "value": value}
        yield f"time-{name}", "A parameter is no time in UTC.", covered(good, f"{FIRST}.parameters.0", due)
    yield "access-without-duration", "Access for no known time.", covered(claims(access()), "terms.duration")
    without = {"kind": "iam", "resource": "projects/p", "roles": [], "condition": ""}
    yield "grant-without-roles", "A grant of no role.", claims(access(v=2, targets=[without]))


def _shown() -> Group:
    good = claims()
    for name, what, path, value in (
        ("another-word", "One word was altered.", "terms.shown.2.1", "25.00 EUR"),
        ("another-label", "One label was altered.", "terms.shown.3.0", "Ordre"),
        ("without-the-risk", "A line is missing.", "terms.shown.8", None),
        ("one-line-more", "A line more.", "terms.shown.18", ["Note", "harmless"]),
        ("nothing", "Nothing was shown.", "terms.shown", []),
        ("in-another-order", "Two lines were swapped.", "terms.shown", [SHOWN[1], SHOWN[0], *SHOWN[2:]]),
        ("the-secret", "The digest of a secret was shown.", "terms.shown.4.1", fixed("3")),
        (
            "another-amount",
            "The amount was altered, and what was shown was not.",
            f"{FIRST}.parameters.0.value",
            "2500.00 EUR",
        ),
        ("another-person", "The sign-in was altered, and what was shown was not.", "terms.person.subject", "00u9"),
        (
            "asserted",
            "Nobody vouched, and people were shown that somebody did.",
            "terms.person.proven",
            "asserted",
        ),
        ("older-sign-in", "The sign-in was older than shown.", "terms.person.auth_time", "2026-03-01T08:55:00Z"),
        ("stronger-sign-in", "The sign-in was weaker than shown.", "terms.person.acr", "pwd"),
        ("unknown-groups", "That groups are not known was not shown.", "terms.person.unknown", ["groups"]),
        ("longer-use", "It could be used for longer than shown.", "terms.use_by", 1200),
        (
            "other-order-of-parameters",
            "Parameters stand in another order.",
            f"{FIRST}.parameters",
            good["terms"]["targets"][0]["parameters"][::-1],
        ),
    ):
        yield name, what, covered(good, path, value)
    hidden = "A-17\u202e"
    sly = altered(good, f"{FIRST}.parameters.1.value", hidden)
    yield "raw", "A character that moves the others was shown as it is.", covered(sly, "terms.shown.3.1", hidden)


def _request() -> Group:
    yield "another", "The terms are of another request.", claims(sub="r-9999999999")
    yield "another-revision", "The terms are of another revision.", claims(rev=2)


def _requirement() -> Group:
    both = ALLOW | {"stages": SIGNED["stages"]}
    yield "allow-and-stages", "Nobody is asked, and somebody is.", claims(action(requirement=both))
    of_access = access(requirement=both | {"kind": "self"})
    yield "self-and-stages", "The same of access.", claims(of_access)


def _person() -> Group:
    asserted = PERSON | {"proven": "asserted"}
    shown = [["Proven by", "asserted by payments"] if line[0] == "Proven by" else line for line in SHOWN]
    named = action(person=asserted, shown=shown)
    late = {"at": "2026-03-02T09:02:01Z", "channel": "slack"}
    yield "not-confirmed", "Whom the application named confirmed nothing.", claims(named)
    yield (
        "confirmed-late",
        "Whom the application named confirmed it after the decision.",
        claims(named, confirmed=late),
    )
    confirmed = late | {"at": "2026-03-02T09:00:00Z"}
    yield "confirmed-for-nothing", "A proven person had to confirm nothing.", claims(confirmed=confirmed)
    yield "access-confirmed", "Whoever asks for access confirms nothing.", claims(access(), confirmed=confirmed)
    yield "another-requester", "Somebody else is its requester.", claims(action(requester="gwen@example.com"))


def _people() -> Group:
    two = {"kind": "stages", "stages": [{"approvers": ["group:finance"], "needed": 2, "sign": ""}]}
    yield "nobody", "Nobody decided.", claims(decision=decision(), reviews=[])
    yield "too-few", "One person, where two are needed.", claims(action(requirement=two))
    twice, both = decision(BOB, BOB), decision(BOB, CAROL)
    yield "one-twice", "One person twice, where two are needed.", claims(action(requirement=two), decision=twice)
    own = claims(decision=decision(ALICE), reviews=[review(ALICE)])
    yield "on-whose-behalf", "Decided by the person on whose behalf it was asked.", own
    allowed = action(requirement=ALLOW)
    yield (
        "allowed-by-oneself",
        "The same where nobody was asked.",
        claims(allowed, decision=decision(ALICE), reviews=[review(ALICE)]),
    )
    yield (
        "no-stages",
        "Stages of which there is none.",
        claims(action(requirement={"kind": "stages", "stages": []}), decision=decision(), reviews=[]),
    )
    yield (
        "for-who-asked",
        "Somebody stood in for the requester.",
        claims(reviews=[review(behalf=ALICE)]),
    )
    yield (
        "for-who-approved-as-well",
        "Two where two are needed, and one stood in for the other.",
        claims(action(requirement=two), decision=both, reviews=[review(), review(CAROL, behalf=BOB)]),
    )
    yield "for-oneself", "Somebody stood in for themselves.", claims(reviews=[review(behalf=BOB)])
    yield (
        "access-by-oneself",
        "Access that its requester approved.",
        claims(access(), decision=decision(ALICE, window=WINDOW), reviews=[review(ALICE)]),
    )


def _reviews() -> Group:
    yield "missing", "Who decided has no vote in it.", claims(reviews=[])
    yield "of-another", "The vote is somebody else's.", claims(reviews=[review(CAROL)])
    yield "against", "The vote says deny.", claims(reviews=[review(verdict="deny")])
    yield "twice", "Somebody voted twice.", claims(reviews=[review(), review()])
    late = review(at="2026-03-02T09:02:01Z")
    yield "after-the-decision", "The vote came after the decision.", claims(reviews=[late])
    denied = claims(decision=decision(BOB, outcome="denied"), use_by=None, used=None)
    yield "denied-by-an-approval", "It says denied, and the vote says approve.", denied


def _signatures() -> Group:
    signing = action(requirement=SIGNED)
    yield "missing", "A stage demands a signature, and nobody signed.", claims(signing)
    yield (
        "without-name",
        "A signature without a name.",
        claims(signing, reviews=[signature() | {"printed_name": ""}]),
    )
    unsigned = signature() | {"signed": False}
    yield "not-signed", "Name and meaning, and not signed.", claims(signing, reviews=[unsigned])
    other = claims(signing, reviews=[review(), signature(CAROL)])
    yield "of-somebody-else", "Somebody signed who did not decide.", other


def _window() -> Group:
    good = claims(access())
    yield "missing", "Access without its time.", altered(good, "decision.window")
    yield (
        "longer",
        "Access for longer than was asked.",
        altered(good, "decision.window.end", "2026-03-02T11:02:00Z"),
    )
    early = WINDOW | {"start": "2026-03-02T09:01:59Z", "end": "2026-03-02T10:01:59Z"}
    yield "before-the-decision", "Access before the decision.", altered(good, "decision.window", early)
    yield "of-an-action", "An action with a time of access.", claims(decision=decision(BOB, window=WINDOW))
    denied = decision(BOB, outcome="denied", window=WINDOW)
    yield (
        "of-a-denial",
        "Denied, with a time of access.",
        claims(access(), decision=denied, reviews=[review(verdict="deny")]),
    )


def _use() -> Group:
    yield "missing", "Approved, and not used: there is no such receipt.", claims(used=None)
    yield "without-end", "By when it had to be used is missing.", claims(use_by=None)
    yield "not-at-all", "Both are missing.", claims(used=None, use_by=None)
    yield "too-late", "Used after its time.", altered(claims(), "used.at", "2026-03-02T09:12:01Z")
    yield (
        "in-the-moment-after",
        "Used in the first moment that was too late.",
        altered(claims(), "used.at", USE_BY),
    )
    yield (
        "before-the-decision",
        "Used before it was decided.",
        altered(claims(), "used.at", "2026-03-02T09:01:59Z"),
    )
    yield "by-another", "Used by another application.", altered(claims(), "used.by", "store")
    yield "longer", "It could be used for longer than was asked.", claims(use_by="2026-03-02T09:12:01Z")
    yield "shorter", "It could be used for less time than was asked.", claims(use_by="2026-03-02T09:11:59Z")
    denied = claims(decision=decision(BOB, outcome="denied"), reviews=[review(verdict="deny")])
    yield "of-a-denial", "Denied, and used.", denied
    yield "of-access", "Access that says it was used.", claims(access(), used=USED)
    yield "of-access-by-when", "Access with a time of use.", claims(access(), use_by=USE_BY)


def _times() -> Group:
    before = "0001-01-01T00:00:00+14:00"
    yield "in-no-calendar", "A vote before the first year.", claims(reviews=[review(at=before)])
