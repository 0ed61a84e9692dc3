import unicodedata
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from approvals.policy.access import DurationRule
from approvals.policy.model import Requirement, Stage
from approvals.policy.reading.document import PolicyError
from approvals.policy.reading.parse import parse
from tests.approvals.policy.files import FILE, changed, policy, whereabouts


def problems(text: str | bytes) -> list[tuple[str, int, int]]:
    with pytest.raises(PolicyError) as refused:
        parse(text, source="policy.yaml")
    return [(problem.code, problem.line, problem.col) for problem in refused.value.problems]


REFUSED_VALUES = [
    ("version: 1", "version: 2", "2\nidentity", "bad-version"),
    ("version: 1", "version: '1'", "'1'", "wrong-type"),
    ("version: 1", "version: 1\ntimezone: Europe/Nowhere", "Europe/Nowhere", "bad-timezone"),
    ("version: 1", "version: 1\ntimezone: ../../etc/passwd", "../../etc", "bad-timezone"),
    ("[example.com]", "[]", "[]\n  aliases", "empty-list"),
    ("[example.com]", "[example.com, nodots]", "nodots", "bad-domain"),
    ("[example.com]", "[example.com, x.iam.gserviceaccount.com]", "x.iam", "bad-domain"),
    ("[example.com]\n", "[example.com]\n  slack_teams: [E0GRID]\n", "E0GRID", "bad-team"),
    ("[example.com]\n", "[example.com]\n  guests: allow\n", "allow", "bad-value"),
    ("[example.com]\n", "[example.com]\n  plus_addresses: some\n", "some", "bad-value"),
    ("approval: self", "approval: self\n    guests: nobody", "nobody", "bad-value"),
    ("[example.com]\n", "[example.com]\n  email_map: {a.com: b.com}\n", "b.com", "foreign-domain"),
    ("[example.com]", "[example.com, \u212aey.example]", "\u212aey", "bad-domain"),
    ("[a.smith@example.com]", "[bob]", "bob]}", "bad-address"),
    ("[a.smith@example.com]", "[\u212aate@example.com]", "\u212aate", "bad-address"),
    ("[a.smith@example.com]", "[alice@example.com]", "alice@example.com]}", "alias-twice"),
    ("{alice@example.com: [", "{alice@other.org: [", "alice@other.org: [", "foreign-domain"),
    ("empty: [", "SRE Team: [", "SRE Team", "bad-group"),
    ("empty: []", "SRE: []", "SRE:", "duplicate-key"),
    ("[carol@example.com]", "['group:sre']", "'group:sre'", "nested-group"),
    ("[carol@example.com]", "[carol@exmaple.com]", "carol@exmaple.com", "foreign-domain"),
    ("[carol@example.com]", "[carol]", "carol]", "bad-selector"),
    ("[carol@example.com]", "[\u212aate@example.com]", "\u212aate", "bad-selector"),
    ("[carol@example.com]", "['role:x']", "'role:x'", "bad-selector"),
    ("{default: 1h, max: 4h}", "{default: 90, max: 4h}", "90", "bad-duration"),
    ("{default: 1h, max: 4h}", "{default: 1:30, max: 4h}", "1:30", "bad-duration"),
    ("{default: 1h, max: 4h}", "{default: 5h, max: 4h}", "5h", "bad-duration"),
    ("{default: 1h, max: 4h}", "{default: 500ms, max: 4h}", "500ms", "bad-duration"),
    ("{default: 1h, max: 4h}", "{max: 4h}", "{max: 4h}", "missing-key"),
    ('"#access"', "access", "access\n", "bad-channel"),
    ('"#access"', '"#"', '"#"', "bad-channel"),
    ('"#access"', '"#my access"', '"#my access"', "bad-channel"),
    ('"#access"', '"#access.prod"', '"#access.prod"', "bad-channel"),
    ('"#access"', '"#access!"', '"#access!"', "bad-channel"),
    ('"#access"', '"#アクセス・本番"', '"#アクセス・本番"', "bad-channel"),
    ('"#access"', '"#access\u200b"', '"#access\u200b"', "bad-channel"),
    ('"#access"', '"#access\U0001f511"', '"#access\U0001f511"', "bad-channel"),
    ("entitlements:", "limits: {pending: 21}\nentitlements:", "21", "bad-limit"),
    ("entitlements:", "limits: {per_hour: 61}\nentitlements:", "61", "bad-limit"),
    ("entitlements:", "limits: {pending: 0}\nentitlements:", "0}", "bad-limit"),
    ("entitlements:", "limits: {per_hour: many}\nentitlements:", "many", "wrong-type"),
    ("entitlements:", "limits: {per_day: 3}\nentitlements:", "per_day", "unknown-key"),
    ("id: logs", "id: Logs", "Logs", "bad-id"),
    ("id: logs", "id: " + "l" * 64, "llll", "bad-id"),
    ("id: logs", "id: admin", "admin\n    title: Read", "duplicate-id"),
    ("title: Read logs", "title: " + "x" * 76, "xxx", "bad-text"),
    ("title: Read logs", 'title: "a\\nb"', '"a\\nb"', "bad-text"),
    ("title: Read logs", 'title: "a\\u202eb"', '"a\\u202eb"', "bad-text"),
    ("resource: folders/123", "resource: folders/abc", "folders/abc", "bad-resource"),
    ("resource: folders/123", "resource: projects/123", "projects/123", "bad-resource"),
    ("resource: folders/123", "resource: projects/Shop", "projects/Shop", "bad-resource"),
    ("resource: folders/123", "resource: //x/projects/shop-prod", "//x", "bad-resource"),
    ("[roles/logging.viewer]", "[logging.viewer]", "logging.viewer", "bad-role"),
    ("[roles/logging.viewer]", "[roles/owner]", "roles/owner", "basic-role"),
    ("[roles/logging.viewer]", "[roles/a.b, roles/a.b]", "roles/a.b]", "duplicate-role"),
    ("[roles/logging.viewer]", "[]", "[]\n    requesters", "empty-list"),
    ("roles/compute.viewer]", "projects/other-prod/roles/X_1]", "projects/other-prod", "bad-role"),
    ('["domain:example.com"]', "[]", "[]\n    duration", "empty-list"),
    ('["domain:example.com"]', '["domain:evil.example.com"]', '"domain:evil', "foreign-domain"),
    ('["domain:example.com"]', '["group:nobody"]', '"group:nobody"', "unknown-group"),
    ("{default: 30m, max: 1h}", "30m", "30m", "wrong-type"),
    ("pattern: '(INC|CHG)-\\d+.*'", "pattern: '(?=a)'", "'(?=a)'", "bad-pattern"),
    ("pattern: '(INC|CHG)-\\d+.*'", "pattern: ''", "''", "bad-pattern"),
    ("pattern: '(INC|CHG)-\\d+.*'", "pattern: 'a)|(b'", "'a)|(b'", "bad-pattern"),
    ("approval: self", "approval: selfish", "selfish", "bad-approval"),
    ("approval: self", "approval:", "\n  - id: led", "bad-approval"),
    ("approval: self", "approval: []", "[]\n  - id: led", "empty-list"),
    ("approval: self", "approval: auto", "id: logs", "missing-key"),
    ("approval: self", "approval: true", "true", "bad-approval"),
    ('{approvers: ["group:sre"]}', "{approvers: []}", "[]}", "empty-list"),
    ('{approvers: ["group:sre"]}', "{needed: 1}", "{needed: 1}", "missing-key"),
    ("needed: 2", "needed: 0", "0}", "bad-needed"),
    ("needed: 2", "needed: -1", "-1}", "wrong-type"),
    ("needed: 2", "needed: true", "true}", "wrong-type"),
    ("sign: typed", "sign: passkey", "passkey", "not-in-this-version"),
    ("sign: typed", "sign: scrawl", "scrawl", "bad-sign"),
]


@pytest.mark.parametrize(("old", "new", "at", "code"), REFUSED_VALUES)
def test_a_bad_value_is_refused_where_it_stands(old: str, new: str, at: str, code: str) -> None:
    text = changed((old, new))
    line, col = whereabouts(text, at)
    found = problems(text)
    if at.startswith("\n"):  # an empty value stands right behind its key
        col = found[0][2]
    assert found == [(code, line, col)]


@pytest.mark.parametrize(
    "name",
    ["zugriff-ü", "アクセス", "访问-2", "доступ", "접근", "प्रवेश", "การเข้าถึง", "نفاذ", "גישה", "quyền_truy_cập"],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_channels_name_is_read_in_every_script_however_its_signs_are_composed(name: str, form: Any) -> None:
    text = changed(('"#access"', f'"#{unicodedata.normalize(form, name)}"'))

    assert parse(text, source="policy.yaml").channel == f"#{unicodedata.normalize('NFC', name)}"


@pytest.mark.parametrize(("value", "code"), [("groups", "bad-value"), ("x", "bad-value")])
def test_access_is_given_by_a_binding_where_nothing_else_is_said(value: str, code: str) -> None:
    title = "    title: Read logs"
    with pytest.raises(PolicyError) as refused:
        parse(changed((title, f"{title}\n    grant: {value}")), source="policy.yaml")
    (problem,) = refused.value.problems
    assert (problem.code, problem.col) == (code, 12)
    said = parse(changed((title, f"{title}\n    grant: iam")), source="policy.yaml")
    assert said.entitlements == parse(changed(), source="policy.yaml").entitlements


def test_an_unknown_key_is_refused_with_the_nearest_known_one() -> None:
    text = changed(('    requesters: ["domain', '    requestors: ["domain'))
    with pytest.raises(PolicyError) as refused:
        parse(text, source="p.yaml")
    line, col = whereabouts(text, "requestors")
    item_line, item_col = whereabouts(text, "id: logs")
    assert [str(problem) for problem in refused.value.problems] == [
        f"p.yaml:{item_line}:{item_col}: missing-key: an entitlement needs “requesters”",
        f"p.yaml:{line}:{col}: unknown-key: an entitlement knows no key “requestors”; did you mean “requesters”?",
    ]


def test_a_missing_approval_is_refused() -> None:
    text = changed(("    approval: self\n", ""))
    assert problems(text) == [("missing-key", *whereabouts(text, "id: logs"))]


def test_a_missing_duration_is_refused_where_the_defaults_have_none() -> None:
    text = changed(("  duration: {default: 1h, max: 4h}\n", ""))
    assert [code for code, _, _ in problems(text)] == ["missing-key", "missing-key"]


def test_a_key_written_twice_is_refused() -> None:
    text = changed(("    title: Read logs", "    title: Read logs\n    approval: self"))
    code, line, _ = problems(text)[0]
    assert code == "duplicate-key"
    assert line == whereabouts(text, "    approval: self\n  - id: led")[0]


def test_two_owners_of_one_alias_list_are_refused() -> None:
    text = changed(("a.smith@example.com]}", "a.smith@example.com], ALICE@example.com: [b@example.com]}"))
    assert {code for code, _, _ in problems(text)} == {"alias-twice"}


def test_a_bad_condition_is_refused_at_its_column() -> None:
    text = changed(('startsWith("projects/shop-prod/zones/a/")', 'startsWith(1) && resource.nam == "x"'))
    (problem,) = problems(text)
    assert problem[0] == "bad-cel"
    assert problem[1] == whereabouts(text, "condition:")[0]
    assert problem[2] >= whereabouts(text, "resource.name.starts")[1]


def test_the_column_of_a_bad_condition_counts_inside_quotes_too() -> None:
    condition = 'condition: resource.name.startsWith("projects/shop-prod/zones/a/")'
    text = changed((condition, "condition: 'true && nothing'"))
    assert problems(text) == [("bad-cel", *whereabouts(text, "nothing"))]


NOT_A_POLICY = [
    (b"\xff", "not-utf-8"),
    (b"version: 1\nx: \xff", "not-utf-8"),
    ("", "empty"),
    ("# nothing", "empty"),
    ("[]", "wrong-type"),
    ("a: b: c", "not-yaml"),
    ("x: \x00", "not-yaml"),
    ("[" * 100_000, "not-yaml"),
    ("{a: " * 50, "not-yaml"),
    ("--- {}\n--- {}", "not-yaml"),
    ("#" * (1024 * 1024 + 1), "too-large"),
]


@pytest.mark.parametrize(("text", "code"), NOT_A_POLICY, ids=lambda value: str(value)[:12])
def test_what_is_no_policy_is_one_problem(text: str | bytes, code: str) -> None:
    assert [found[0] for found in problems(text)] == [code]


def test_aliases_anchors_and_tags_are_refused_where_they_stand() -> None:
    text = changed(("[carol@example.com]", "&c [carol@example.com]"), ("empty: []", "empty: *c"))
    assert problems(text) == [("alias", *whereabouts(text, "&c")), ("alias", *whereabouts(text, "*c"))]
    text = changed(("title: Led", "title: !!python/object/apply:os.system Led"))
    assert problems(text) == [("tag", *whereabouts(text, "!!python"))]


def test_an_alias_bomb_ends_at_once() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    )
    assert "alias" in {code for code, _, _ in problems(bomb)}


def test_all_problems_come_at_once_in_order_of_position() -> None:
    text = changed(("version: 1", "version: 9"), ("empty: []", "empty: 3"), ("needed: 2", "needed: 0"))
    found = problems(text)
    assert [code for code, _, _ in found] == ["bad-version", "wrong-type", "bad-needed"]
    assert found == sorted(found, key=lambda problem: problem[1:])


def test_a_problem_shows_no_control_characters_of_the_file() -> None:
    with pytest.raises(PolicyError) as refused:
        parse(changed(("version: 1", 'version: 1\n"a\\e[31m\\u202ered": 1')), source="p.yaml")
    assert str(refused.value).isprintable()


def test_the_file_becomes_records() -> None:
    found = policy()
    admin = found.entitlements["admin"]
    assert found.digest == "sha256:" + sha256(FILE.encode()).hexdigest()
    assert list(found.entitlements) == ["admin", "logs", "led"]
    assert found.groups["sre"] == ("user:alice@example.com", "user:bob@example.com", "user:dan@example.com")
    assert found.groups["directory"] == ("group:leads@example.com",)
    assert found.groups["empty"] == ()
    assert (found.pending, found.channel) == (timedelta(hours=1), "#access")
    assert admin.duration == DurationRule(default=timedelta(hours=1), max=timedelta(hours=4))
    assert found.entitlements["logs"].duration.max == timedelta(hours=1)
    assert found.entitlements["logs"].requirement == Requirement(kind="self")
    assert admin.requirement == Requirement(
        kind="stages",
        stages=(
            Stage(approvers=("group:sre",), needed=1, sign=""),
            Stage(approvers=("group:security",), needed=1, sign="typed"),
        ),
    )


def test_bytes_and_text_read_alike() -> None:
    assert parse(FILE.encode(), source="x") == parse(FILE, source="y")


def test_addresses_compare_lower_case_and_keep_dots_and_plus() -> None:
    found = policy(("[carol@example.com]", "[Carol.B+x@Example.COM, carol.b+x@example.com]"))
    assert found.groups["security"] == ("user:carol.b+x@example.com",)


def test_an_alias_in_a_group_means_its_owner() -> None:
    found = policy(("[carol@example.com]", "[A.Smith@example.com]"))
    assert found.groups["security"] == ("user:alice@example.com",)


def test_a_mapped_domain_leads_to_the_one_id() -> None:
    found = policy(
        ("[example.com]\n", "[example.com]\n  email_map: {corp.example.com: example.com}\n"),
        ("[carol@example.com]", "[carol@corp.example.com]"),
    )
    assert found.groups["security"] == ("user:carol@example.com",)
    assert found.identity.primary("A.Smith@corp.example.com") == "alice@example.com"


def test_a_domain_that_is_mapped_away_selects_nobody_and_is_refused() -> None:
    text = changed(
        ("[example.com]\n", "[example.com]\n  email_map: {corp.example.com: example.com}\n"),
        ('"domain:example.com"', '"domain:corp.example.com"'),
    )
    assert problems(text) == [("foreign-domain", *whereabouts(text, '"domain:corp'))]
