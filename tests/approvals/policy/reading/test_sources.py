"""What the file says of IAM's eligible bindings, and everything in it that cannot be."""

from datetime import timedelta

import pytest

from approvals.policy.lint import lint
from approvals.policy.load import accepted
from approvals.policy.loosening import differences
from approvals.policy.reading.document import PolicyError
from approvals.policy.reading.parse import digest_of, parse

HEAD = """\
version: 1
identity: {domains: [example.com]}
defaults: {duration: {default: 1h, max: 4h}}
entitlements: []
"""
SOURCE = "sources: {jit_access: {scope: organizations/100}}\n"


def problems(text: str) -> list[tuple[str, int, str]]:
    with pytest.raises(PolicyError) as refused:
        parse(text, source="policy.yaml")
    return [(each.code, each.line, each.text) for each in refused.value.problems]


def with_(fields: str) -> str:
    return HEAD + f"sources:\n  jit_access:\n    scope: organizations/100\n    {fields}\n"


@pytest.mark.parametrize("name", ["PolicyAnalyzer", "policyanalyzer"])
def test_the_policy_analyzer_is_refused_with_what_to_write(name: str) -> None:
    ((code, line, text),) = problems(with_(f"catalog: {name}"))

    assert (code, line) == ("bad-catalog", 8)
    assert "20 times a day" in text
    assert "Write AssetInventory" in text


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ("catalog: Spanner", "bad-catalog"),
        ("sign: yes please", "bad-value"),
        ("approval: self", "bad-approval"),
        ("approval: []", "empty-list"),
        ("approval: [{approvers: []}]", "empty-list"),
        ("channel: nowhere", "bad-channel"),
        ("duration: {default: 2h, max: 1h}", "bad-duration"),
        ("justification: {pattern: '('}", "bad-pattern"),
        ("overlays: [{roles: ['roles/run.*']}]", "missing-key"),
        ("overlays: [{roles: [owner], sign: typed}]", "bad-match"),
        ("overlays: [{resources: [prod], sign: typed}]", "bad-match"),
        ("project_query: x", "unknown-key"),
        ("projects_query: ''", "bad-text"),
    ],
)
def test_each_thing_that_cannot_be_is_named_at_its_place(fields: str, code: str) -> None:
    assert [(found, line) for found, line, _ in problems(with_(fields))] == [(code, 8)]


@pytest.mark.parametrize("scope", ["organizations/example.com", "projects/X", "everything", "billingAccounts/1"])
def test_a_scope_is_an_organization_a_folder_or_a_project(scope: str) -> None:
    assert [code for code, *_ in problems(HEAD + SOURCE.replace("organizations/100", scope))] == ["bad-resource"]


def test_a_source_needs_a_duration_from_somewhere() -> None:
    text = (HEAD + SOURCE).replace("defaults: {duration: {default: 1h, max: 4h}}\n", "")

    assert [code for code, *_ in problems(text)] == ["missing-key"]
    assert parse(HEAD + SOURCE, source="").source is not None


def test_what_is_wrong_with_a_source_takes_no_entitlement_of_the_file_away() -> None:
    admin = "entitlements: [{id: logs, title: Logs, resource: projects/demo-prod, roles: [roles/logging.viewer],"
    text = HEAD.replace("entitlements: []", admin + " requesters: [alice@example.com], approval: self}]")
    text += SOURCE.replace("100", "x")
    found = accepted(text, digest=digest_of(text), source="policy.yaml")

    assert list(found.policy.entitlements) == ["logs"]
    assert found.policy.source is None
    assert [problem.code for problem in found.problems] == ["bad-resource"]


def test_a_sound_source_is_no_doubt_to_lint() -> None:
    assert lint(HEAD + SOURCE, source="") == ()


def test_a_source_that_is_new_or_another_is_looser_and_one_that_is_gone_narrower() -> None:
    without, with_it = parse(HEAD, source=""), parse(HEAD + SOURCE, source="")
    longer = parse(HEAD.replace("max: 4h", "max: 5h") + SOURCE, source="")

    assert [each.side for each in differences(with_it, before=without)] == ["looser"]
    assert [each.side for each in differences(longer, before=with_it)] == ["looser"]
    assert [each.side for each in differences(without, before=with_it)] == ["narrower"]


def test_times_are_as_written_and_the_usual_ones_where_nothing_is() -> None:
    source = parse(with_("overlays: [{sign: typed, duration: {default: 5m, max: 10m}}]"), source="").source

    assert source is not None
    assert source.usual.duration is not None
    assert source.usual.duration.max == timedelta(hours=4)
    assert source.overlays[0].duration is not None
    assert (source.query, source.overlays[0].duration.max) == ("state:ACTIVE", timedelta(minutes=10))


BAD = {
    "organizations/x": "bad-resource",
    "Spanner": "bad-catalog",
    "drawn": "bad-value",
    "nowhere": "bad-channel",
    "projects_query": "bad-text",
    "soon": "bad-duration",
    "[owner]": "bad-match",
    "[prod]": "bad-match",
    "roles/run.*": "missing-key",
    "group:nobody": "unknown-group",
    "elsewhere.example": "foreign-domain",
    "roles/run.adminn": "unknown-role",
    "roles/owner": "idle-overlay",
    "folders/12": "idle-overlay",
}
ALL_AT_ONCE = """\
sources:
  jit_access:
    scope: organizations/x
    catalog: Spanner
    sign: drawn
    channel: nowhere
    projects_query: ''
    duration: {default: soon, max: 2h}
    overlays:
      - {roles: [owner], sign: typed}
      - {resources: [prod], sign: typed}
      - {roles: ['roles/run.*']}
      - {approval: [{approvers: ['group:nobody']}]}
      - {approval: [{approvers: [eve@elsewhere.example]}]}
      - {roles: [roles/run.adminn], sign: typed}
      - {roles: [roles/owner], sign: typed}
      - {resources: [folders/12], sign: typed}
"""


def place_of(text: str, what: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if what in line)


def test_of_many_mistakes_at_once_none_hides_another() -> None:
    text = HEAD + ALL_AT_ONCE
    found = [(each.code, each.line) for each in lint(text, source="")]
    assert sorted(found) == sorted((code, place_of(text, what)) for what, code in BAD.items())

    text = text.replace("    scope: organizations/x\n", "")
    rest = [each.code for each in lint(text, source="")]
    assert sorted(rest) == sorted(["missing-key", *(code for what, code in BAD.items() if code != "bad-resource")])


@pytest.mark.parametrize("resource", ["projects/shop-*", "*/shop-data", "projects/*"])
def test_an_overlay_outside_the_scope_fits_nothing_and_lint_says_so(resource: str) -> None:
    fields = f"overlays: [{{resources: ['{resource}'], sign: typed}}]"
    one, other = (
        with_(fields).replace("organizations/100", f"projects/{name}") for name in ("shop-data", "bank-prod")
    )

    assert lint(one, source="") == ()
    fits = resource.endswith("/*")
    assert [(each.code, each.severity) for each in lint(other, source="")] == (
        [] if fits else [("idle-overlay", "warning")]
    )
