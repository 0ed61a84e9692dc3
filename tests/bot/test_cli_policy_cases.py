"""`policy test`: cases held against a policy, and `policy explain --at`, by the command line."""

import re
from pathlib import Path

import pytest

from tests.bot.commands import run

PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text()
EXAMPLE = PAGE.partition("### Cases of a policy")[2].split("```")[1].strip("\n") + "\n"
POLICY = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[0]
SECOND = "then 1 of security, signed"
STAGES = f"1 of sre, {SECOND}"
NOT = "should not be refused, and is:"
OTHERS = (
    "should be approved by bob@example.com, then carol@example.com."
    " It can be by bob@example.com or dan@example.com, then carol@example.com"
)
BERLIN = POLICY.replace("version: 1\n", "version: 1\ntimezone: Europe/Berlin\n")
HOURS = "    when: request.hour >= 8 && request.hour < 18\n    requesters:"


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY)
    return path


def tried(policy: Path, cases: str) -> tuple[int, list[str], str]:
    """The exit code, the differences without the file's name, and what the standard error says."""
    file = policy.with_name("cases.yaml")
    file.write_text(cases)
    done = run("policy", "test", file)
    lines = done.stdout.splitlines()
    return done.exit_code, [line.removeprefix(f"{file}:") for line in lines], done.stderr


def test_the_example_of_the_page_holds_of_the_policy_of_the_page(policy: Path) -> None:
    assert tried(policy, EXAMPLE) == (0, [], "3 cases, none other than expected\n")


@pytest.mark.parametrize(
    ("old", "new", "line", "difference"),
    [
        ("refused: justification", 'needs: ["1 of sre"]', 12, f"{NOT} justification.pattern"),
        (
            "why: because, refused: justification",
            "why: CHG-1, refused: when",
            12,
            f"should be refused: when. It is not: it needs {STAGES}",
        ),
        (f'"1 of sre", "{SECOND}"', '"1 of sre"', 5, f"should need 1 of sre. It needs {STAGES}"),
        ("[bob@example.com, dan@example.com]", "[bob@example.com]", 5, OTHERS),
        (
            "refused: requester",
            "refused: request",
            13,
            "should be refused: request. It is not: requester, approvers.few",
        ),
        ("for: 2h", "for: 5h", 5, f"{NOT} duration.long"),
    ],
    ids=["refused", "not refused", "needs", "can", "another refusal", "too long"],
)
def test_what_is_other_than_expected_is_said_with_its_line(
    policy: Path, old: str, new: str, line: int, difference: str
) -> None:
    assert old in EXAMPLE
    who = "carol" if line == 13 else "alice"

    code, lines, said = tried(policy, EXAMPLE.replace(old, new))

    expected = f"{line}: {who}@example.com asks for deploy-prod: {difference}"
    assert (code, lines, said) == (1, [expected], "3 cases, 1 other than expected\n")


@pytest.mark.parametrize(
    ("at", "refused"),
    [
        ("2026-11-23T07:59", "when"),
        ("2026-11-23T08:00", ""),
        ("2026-11-23T17:30+00:00", "when"),
        ("2026-03-29T02:30", "clock"),
        ("2026-10-25T02:30", "when"),
    ],
)
def test_a_case_is_of_a_moment_in_the_policys_time_zone(policy: Path, at: str, refused: str) -> None:
    policy.write_text(BERLIN.replace("    requesters:", HOURS))
    expected = f"refused: {refused}" if refused else 'needs: ["1 of sre", "then 1 of security, signed"]'
    case = f'cases: [{{who: alice@example.com, what: deploy-prod, why: CHG-1, at: "{at}", {expected}}}]\n'

    code, lines, _ = tried(policy, case)

    assert code == (1 if refused == "clock" else 0)
    assert "the clock leaves it out" in lines[0] if refused == "clock" else lines == []


def test_groups_of_the_directory_are_those_of_the_file(policy: Path) -> None:
    policy.write_text(POLICY.replace('requesters: ["group:sre"]', 'requesters: ["group:leads@example.com"]'))
    case = "{who: alice@example.com, what: deploy-prod, why: CHG-1, "

    can = "can: [[bob@example.com, dan@example.com], [carol@example.com]]"
    inside = f"groups: {{leads@example.com: [alice@example.com]}}\ncases: [{case}{can}}}]\n"
    outside = f"groups: {{leads@example.com: [bob@example.com]}}\ncases: [{case}refused: requester}}]\n"
    unsaid = f"cases: [{case}refused: unknown}}]\n"

    assert [tried(policy, cases)[:2] for cases in (inside, outside, unsaid)] == [(0, [])] * 3


def test_an_alias_in_a_group_or_a_case_is_the_person_whose_it_is(policy: Path) -> None:
    alias = "identity: {domains: [example.com], aliases: {alice@example.com: [a.smith@example.com]}}\n"
    asking = POLICY.replace('requesters: ["group:sre"]', 'requesters: ["group:leads@example.com"]')
    policy.write_text(re.sub(r"^identity:\n(  .*\n)+", "", asking, flags=re.MULTILINE) + alias)
    names = ("alice@example.com", "a.smith@example.com")
    cases = [
        f"groups: {{leads@example.com: [{listed}]}}\n"
        f"cases: [{{who: {who}, what: deploy-prod, why: CHG-1, needs: [1 of sre, {SECOND!r}]}}]\n"
        for listed, who in (names, names[::-1])
    ]

    assert [tried(policy, each)[:2] for each in cases] == [(0, [])] * 2


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        ("cases: [{who: alice, what: x, refused: y}]", "who is one plain e-mail address"),
        ("cases: [{who: alice@example.com, what: x}]", "a case expects something"),
        ("cases: [{what: x, refused: y}]", "a case needs “who”"),
        ("cases: [{who: alice@example.com, what: x, refused: y, when: z}]", "a case knows no key “when”"),
        ('cases: [{who: alice@example.com, what: x, refused: y, at: "10:00"}]', "is no moment"),
        ("cases: [{who: alice@example.com, what: x, refused: y, for: 2}]", "needs a unit"),
        ("groups: {}", "the file needs “cases”"),
        ("", "the policy is empty"),
        ("policy: nowhere.yaml\ncases: []", "nowhere.yaml cannot be read"),
    ],
)
def test_a_file_that_is_none_of_cases_is_exit_code_two(policy: Path, cases: str, said: str) -> None:
    code, _, stderr = tried(policy, cases)

    assert code == 2
    assert said in stderr


def test_a_policy_with_an_error_is_exit_code_two(policy: Path) -> None:
    policy.write_text(POLICY.replace("version: 1", "version: 2"))

    assert tried(policy, "cases: []")[0] == 2


def test_explain_says_what_holds_at_another_time(policy: Path) -> None:
    policy.write_text(BERLIN.replace("    requesters:", HOURS))
    about = ("policy", "explain", "--who", "alice@example.com", "--what", "deploy-prod")
    night, day = (run(*about, "--at", at, policy) for at in ("2026-11-23T07:00", "2026-11-23T09:00"))

    assert "is not offered now" in night.output
    assert "is not offered now" not in day.output
    assert "Offered where `request.hour >= 8" in night.output
    assert "Offered where `request.hour >= 8" in day.output
    older = run("policy", "explain", "deploy-prod", "--requester", about[3], "--at", "2026-11-23T08:00Z", policy)
    assert day.output == older.output
    gap = run(*about, "--at", "2026-03-29T02:30", policy)
    assert (gap.exit_code, "the clock leaves it out" in gap.stderr) == (2, True)
    assert run("policy", "explain", "--who", "alice@example.com").exit_code == 2
