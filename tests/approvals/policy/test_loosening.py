"""What a comparison of two policies calls looser, narrower, or a matter of messages alone, and in which words."""

from hashlib import sha256

import msgspec
import pytest

from approvals.policy.loosening import differences, looser
from approvals.policy.model import Policy
from approvals.policy.reading.parse import parse
from approvals.policy.sides import Side
from tests.approvals.policy.files import changed

HEAD = ("version: 1\n", "version: 1\nchange: {approvers: [alice@example.com, bob@example.com], needed: 2}\n")
FIRST = ('    requesters: ["group:sre"]\n', '    requesters: ["group:sre"]\n    {}\n')


def read(*replacements: tuple[str, str]) -> Policy:
    return parse(changed(HEAD, *replacements), source="policy.yaml")


def first(line: str) -> tuple[str, str]:
    """A line more in the first entitlement."""
    return FIRST[0], FIRST[1].format(line)


def top(line: str) -> tuple[str, str]:
    return "groups:\n", f"{line}\ngroups:\n"


def identity(line: str) -> tuple[str, str]:
    return "  domains: [example.com]\n", f"  domains: [example.com]\n  {line}\n"


def kept(time: str) -> tuple[str, str]:
    return '  channel: "#access"\n', f'  channel: "#access"\n  retention: {time}\n'


Edit = tuple[str, str]

MORE_SECURITY = ("security: [carol@example.com]", "security: [carol@example.com, dan@example.com]")
STAGES = '    approval:\n      - {approvers: ["group:leads@example.com"], needed: 2}'
CHANGERS = "[alice@example.com, bob@example.com], needed"
LOGS = """\
  - id: logs
    title: Read logs
    resource: folders/123
    roles: [roles/logging.viewer]
    requesters: ["domain:example.com"]
    duration: {default: 30m, max: 1h}
    approval: self
"""
SHORT = "when: 'request.duration < duration(\"1h\")'"
PATTERN = "{pattern: '(INC|CHG)-\\d+.*', hint: An incident or change number}"
OFF = ("bob@example.com, dan@example.com]", "bob@example.com]")


def off_call(rule: str) -> Edit:
    return "    approval: self\n", (
        f"    approval: auto\n    auto: {{when: '{rule}', oncall: {{group: \"group:sre\"}}}}\n"
    )


SIGNED = ('["group:sre"]}', '["group:sre"], sign: typed}')

GLASS = (
    "    approval: break_glass\n    break_glass: {{max: 30m, review: {{by: [carol@example.com], within: 1d}}{}}}\n"
)


def glass(more: str = "") -> Edit:
    return "    approval: self\n", GLASS.format(more)


APART = ('["group:security"], sign: typed}', '["group:security"], sign: typed, not_same: "group:directory"}')

LOOSER: dict[str, tuple[tuple[Edit, ...], tuple[Edit, ...]]] = {
    "asks one stage less": ((), (('      - {approvers: ["group:sre"]}\n', ""),)),
    "asks the last stage no more": ((), (('      - {approvers: ["group:security"], sign: typed}\n', ""),)),
    "keeps fewer of a requester's team out": (
        (APART, ('directory: ["group:leads@example.com"]', "directory: [bob@example.com, dan@example.com]")),
        (APART, ('directory: ["group:leads@example.com"]', "directory: [bob@example.com]")),
    ),
    "keeps nobody of a requester's team out": ((APART,), ()),
    "can be had in a freeze": ((glass(),), (glass(", under_freeze: true"),)),
    "needs fewer of a stage": ((), (("needed: 2}\n", "needed: 1}\n"),)),
    "lets somebody else approve": ((), (MORE_SECURITY,)),
    "wants no signature": ((), ((", sign: typed", ""),)),
    "asks nobody": ((), ((STAGES, "    approval: self"),)),
    "gives a role more": ((), (("roles/compute.viewer]", "roles/compute.viewer, roles/compute.admin]"),)),
    "gives another resource": ((), (("folders/123", "folders/124"),)),
    "has another condition": ((), (("zones/a/", "zones/"),)),
    "lets others ask": ((), (('["group:directory"]', '["domain:example.com"]'),)),
    "lasts longer": ((), (("duration: {default: 30m, max: 1h}", "duration: {default: 30m, max: 2h}"),)),
    "lasts longer where nobody says": ((), (("{default: 30m, max: 1h}", "{default: 1h, max: 1h}"),)),
    "can be extended": ((), (first("extend: {max_total: 8h}"),)),
    "waits longer": ((), (first("pending: 2h"),)),
    "wants no pattern of a reason": ((), ((PATTERN, "{}"),)),
    "drops a when": ((first(SHORT),), ()),
    "has another when": ((first(SHORT),), (first(SHORT.replace("1h", "2h")),)),
    "drops an approve_when": ((first("approve_when: 'request.duration < duration(\"1h\")'"),), ()),
    "has rules about a group with other members": (
        (first("when: '!(\"group:empty\" in requester.groups)'"), ("empty: []", "empty: [bob@example.com]")),
        (first("when: '!(\"group:empty\" in requester.groups)'"),),
    ),
    "approves by itself for whoever is not on call, and fewer are": (
        (off_call("!requester.oncall"),),
        (off_call("!requester.oncall"), OFF),
    ),
    "does so by a rule that turns it round": (
        (off_call('requester.oncall && request.justification == "" ? false : true'),),
        (off_call('requester.oncall && request.justification == "" ? false : true'), OFF),
    ),
    "offers something new": ((), (("  - id: logs", "  - id: news"),)),
    "drops a denial": (
        (top('guardrails: {deny: [{who: ["group:sre"], what: ["folders/*"], reason: Never}]}'),),
        (),
    ),
    "denies fewer people": (
        (top('guardrails: {deny: [{who: ["group:sre"], what: ["folders/*"], reason: Never}]}'),),
        (top('guardrails: {deny: [{who: [bob@example.com], what: ["folders/*"], reason: Never}]}'),),
    ),
    "drops a role that nobody gets": ((top("guardrails: {never_roles: [roles/owner]}"),), ()),
    "lets access last longer than before": (
        (top("guardrails: {max_duration: 2h}"),),
        (top("guardrails: {max_duration: 3h}"),),
    ),
    "takes guests": ((), (identity("guests: request"),)),
    "takes chat for proof": ((identity("accept: {decide: web}"),), ()),
    "takes older proof": ((), (identity("proof_age: 2h"),)),
    "drops an access level": (
        (identity("web: {access_levels: [accessPolicies/1/accessLevels/managed]}"),),
        (),
    ),
    "joins two accounts": ((), (("[a.smith@example.com]", "[a.smith@example.com, a.s@example.com]"),)),
    "parts two accounts": ((("aliases: {alice@example.com: [a.smith@example.com]}", "aliases: {}"),), ()),
    "knows another domain": ((), (("domains: [example.com]", "domains: [example.com, example.org]"),)),
    "has another time zone": ((), (top("timezone: Asia/Tokyo"),)),
    "widens who administers": ((), (top("administrators: [alice@example.com]"),)),
    "lets somebody stand in": ((), (top("delegates: [alice@example.com]"),)),
    "tells another channel of emergencies": ((top('security_channel: "#a"'),), (top('security_channel: "#b"'),)),
    "is called otherwise": ((), (("title: Read logs", "title: Read"),)),
    "erases text where none was erased": ((), (kept("400d"),)),
    "erases text sooner": ((kept("400d"),), (kept("399d"),)),
    "erases text of one entitlement sooner": ((kept("400d"),), (kept("400d"), first("retention: 30d"))),
    "erases text of what is gone sooner": (
        (kept("30d"), ("    approval: self\n", "    approval: self\n    retention: 400d\n")),
        (kept("30d"), (LOGS, "")),
    ),
    "needs fewer to be changed": ((), (("bob@example.com], needed: 2}", "bob@example.com], needed: 1}"),)),
    "lets others change it": ((), ((CHANGERS, CHANGERS.replace("bob", "dan")),)),
    "is to be changed by anybody": ((), ((HEAD[1], HEAD[0]),)),
}

NARROWER: dict[str, tuple[tuple[Edit, ...], tuple[Edit, ...]]] = {
    "a leaver is out of a group": ((), (("bob@example.com, dan@example.com]", "bob@example.com]"),)),
    "somebody less on call": (
        (off_call('requester.oncall && request.duration < duration("1h")'),),
        (off_call('requester.oncall && request.duration < duration("1h")'), OFF),
    ),
    "one stage more": ((), (("sign: typed}\n", "sign: typed}\n      - {approvers: [dan@example.com]}\n"),)),
    "one needed more": ((), (('["group:sre"]}', '["group:sre"], needed: 2}'),)),
    "a signature": ((), (SIGNED,)),
    "a person of a domain": ((), (('["domain:example.com"]', "[bob@example.com]"),)),
    "a role less": ((), ((", roles/compute.viewer]", "]"),)),
    "a shorter time": ((), (("{default: 30m, max: 1h}", "{default: 20m, max: 30m}"),)),
    "a when": ((), (first(SHORT),)),
    "an entitlement less": ((), ((LOGS, ""),)),
    "somebody else's approval": ((), (("approval: self", "approval: [{approvers: [carol@example.com]}]"),)),
    "a denial": ((), (top('guardrails: {deny: [{who: ["group:sre"], what: ["folders/*"], reason: Never}]}'),)),
    "pages alone": ((), (identity("accept: {decide: web}"),)),
    "fewer requests": ((), (top("limits: {pending: 3}"),)),
    "more to accept a change": ((("bob@example.com], needed: 2}", "bob@example.com], needed: 1}"),), ()),
    "somebody who accepts changes at all": (((HEAD[1], HEAD[0]),), ()),
}

TOLD: dict[str, tuple[Edit, ...]] = {
    "a channel": (('channel: "#access"', 'channel: "#other"'),),
    "reminders": ((('channel: "#access"', 'channel: "#access"\n  remind: {first: 10m}')),),
    "who is quiet": (first("quiet: [bob@example.com]"),),
}


def test_to_keep_text_for_longer_loosens_nothing() -> None:
    assert sides(read(kept("400d")), read(kept("401d"))) == sides(read(kept("400d")), read()) == {"told"}


def sides(before: Policy, after: Policy) -> set[Side]:
    return {each.side for each in differences(after, before=before)}


@pytest.mark.parametrize(("was", "now"), LOOSER.values(), ids=LOOSER.keys())
def test_a_policy_is_looser_where_it(was: tuple[Edit, ...], now: tuple[Edit, ...]) -> None:
    assert looser(differences(read(*now), before=read(*was)))


@pytest.mark.parametrize(("was", "now"), NARROWER.values(), ids=NARROWER.keys())
def test_a_policy_is_narrower_by(was: tuple[Edit, ...], now: tuple[Edit, ...]) -> None:
    assert sides(read(*was), read(*now)) == {"narrower"}


@pytest.mark.parametrize("now", TOLD.values(), ids=TOLD.keys())
def test_a_policy_is_neither_by(now: tuple[Edit, ...]) -> None:
    assert sides(read(), read(*now)) == {"told"}


def test_a_field_that_nobody_thought_of_is_looser() -> None:
    policy = read()
    assert sides(policy, msgspec.structs.replace(policy, notify="direct")) == {"told"}
    other = msgspec.structs.replace(policy, tickets=object())
    assert sides(policy, other) == {"looser"}


def test_people_read_who_may_do_what_by_name() -> None:
    now = read(MORE_SECURITY)

    (found,) = differences(now, before=read())
    assert (found.of, found.side) == ("admin", "looser")
    assert found.text == (
        "approval: 1 of group:sre (alice@example.com, bob@example.com, dan@example.com), then 1 of group:security"
        " (carol@example.com, dan@example.com), signed; was 1 of group:sre (alice@example.com, bob@example.com,"
        " dan@example.com), then 1 of group:security (carol@example.com), signed"
    )


@pytest.mark.parametrize("mark", ['"', "'", "`", "\u201d", "\u02ba", "\uff02", ""], ids=ascii)
def test_no_words_of_a_file_read_as_another_part_of_the_difference(mark: str) -> None:
    """Whoever wrote the file must not tell those who accept it something else than it does."""
    forged = f"Read{mark}; targets roles/logging.viewer on projects/dev; requesters nobody"
    title = forged.replace('"', r"\"")

    (found,) = differences(read(("title: Read logs", f'title: "{title}"')), before=read())

    assert found.text.startswith('title: "Read')
    assert found.text.endswith('; requesters nobody"; was "Read logs"')
    between = found.text.removeprefix('title: "').removesuffix('"; was "Read logs"')
    assert set("'`").isdisjoint(between)
    assert between.isascii()
    assert between.replace(r"\"", "").count('"') == 0


def test_rules_and_words_stand_in_quotation_marks_and_plain_words_do_not() -> None:
    rule = "approve_when: 'approver.channel == \"web\"'"
    (found,) = differences(read(first(rule)), before=read())

    assert found.text.partition("; was ")[0].endswith(r', where "approver.channel == \"web\""')
    assert "group:sre (alice@example.com, " in found.text


def test_a_comment_makes_no_difference() -> None:
    commented = parse(changed(HEAD) + "# nothing\n", source="policy.yaml")

    assert differences(commented, before=read()) == ()
    assert commented.digest == "sha256:" + sha256((changed(HEAD) + "# nothing\n").encode()).hexdigest()
