"""A start that would go wrong later is refused now, with every reason at once."""

import re
from pathlib import Path

import msgspec
import pytest

from bot import jit_access
from bot.settings import Settings, SettingsError, read, read_local
from bot.signer_urls import KeyFile
from bot.store_urls import SqliteUrl
from bot.variables import VARIABLES
from handlers.settings import Secret
from handlers.slack.settings import SlackSettings

HTTP = {"SLACK_BOT_TOKEN": "xoxb-1-2-abc", "SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef"}
PUBLIC = {"COUNTERSIGN_ROUTES": "public"}
SOCKET = {"SLACK_BOT_TOKEN": "xoxb-1-2-abc", "SLACK_APP_TOKEN": "xapp-1-A-2-abc"}
SANDBOX = {"COUNTERSIGN_SANDBOX": "1"}


def slack(settings: Settings) -> SlackSettings:
    chosen: SlackSettings = settings.channels["slack"]
    return chosen


def refusal(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as refused:
        read(environ)
    return refused.value.problems


def only_refusal(environ: dict[str, str]) -> str:
    problems = refusal(environ)

    assert len(problems) == 1, problems
    return problems[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_BOT_TOKEN", "xoxp-a-users-token"),
        ("SLACK_BOT_TOKEN", "xoxb-with a blank"),
        ("SLACK_SIGNING_SECRET", "xoxb-1-2-abc"),
        ("SLACK_SIGNING_SECRET", "not one\nword"),
        ("SLACK_SIGNING_SECRET", "a"),
        ("SLACK_SIGNING_SECRET", "0123456789abcdef0123456789abcde"),
        ("SLACK_SIGNING_SECRET", "0123456789abcdef-123456789abcdef"),
        ("SLACK_BOT_TOKEN", "xoxb-"),
        ("SLACK_BOT_TOKEN", "xoxb-1-2-a'c"),
        ("SLACK_APP_TOKEN", "xoxb-1-2-abc"),
        ("SLACK_API_URL", "slack.com/api"),
        ("SLACK_API_URL", "ftp://slack.com/api/"),
        ("SLACK_API_URL", "https://"),
        ("SLACK_API_URL", "https://alice:secret@slack.com/"),
        ("SLACK_API_URL", "https://slack.com/api/?a=b"),
        ("SLACK_API_URL", "HTTP://slack.com/api/"),
        ("SLACK_API_URL", "https://slack.com:notaport/"),
        ("COUNTERSIGN_COMMAND", "jit"),
        ("COUNTERSIGN_COMMAND", "/JIT"),
        ("COUNTERSIGN_COMMAND", "/" + "x" * 32),
        ("COUNTERSIGN_SANDBOX", "yes"),
        ("PORT", "http"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("LOG_LEVEL", "LOUD"),
        ("GOOGLE_API_BASE_URL", "localhost:8081"),
        ("COUNTERSIGN_PAGES_URL", "countersign.example.com"),
        ("COUNTERSIGN_PAGES_URL", "https://countersign.example.com/pages"),
        ("COUNTERSIGN_PAGES_URL", "https://Countersign.example.com"),
        ("COUNTERSIGN_PAGES_URL", "https://countersign.example.com:443"),
        ("COUNTERSIGN_PAGES_URL", "https://"),
    ],
)
def test_a_value_that_cannot_work_is_refused_by_name_with_what_to_set(name: str, value: str) -> None:
    problem = only_refusal(HTTP | SOCKET | PUBLIC | {name: value})

    assert problem.startswith(f"{name}: ")
    assert "Set " in problem


@pytest.mark.parametrize("quotes", [*map(tuple, ('""', "''", "``", "\u201c\u201d", "\u2018\u2019"))])
@pytest.mark.parametrize("ends", ["both", "first", "last"])
@pytest.mark.parametrize("name", [*HTTP, *SOCKET, "COUNTERSIGN_POLICY"])
def test_a_setting_that_came_with_its_quotes_is_refused_and_the_quotes_are_named(
    name: str, ends: str, quotes: tuple[str, str]
) -> None:
    opening, closing = quotes
    plain = (HTTP | SOCKET | {"COUNTERSIGN_POLICY": "policy.yaml"})[name]
    given = (opening if ends != "last" else "") + plain + (closing if ends != "first" else "")
    problem = only_refusal(HTTP | SOCKET | {name: given})

    assert problem.startswith(f"{name}: it stands in quotes")
    assert plain not in problem


def test_a_refusal_never_shows_the_secret_that_it_refuses() -> None:
    problems = refusal({"SLACK_BOT_TOKEN": "xoxp-1-oops", "SLACK_SIGNING_SECRET": "xoxb-2-oops"})

    assert "oops" not in "\n".join(problems)


def test_every_problem_is_said_at_once() -> None:
    problems = refusal({"PORT": "x", "LOG_LEVEL": "x", "COUNTERSIGN_STORE": "x", "COUNTERSIGN_COLOUR": "x"})

    named = {problem.partition(":")[0] for problem in problems}
    assert named == {
        "PORT", "LOG_LEVEL", "COUNTERSIGN_STORE", "COUNTERSIGN_COLOUR", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET",
    }  # fmt: skip


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
def test_a_blank_value_is_no_value(blank: str) -> None:
    problems = refusal({"SLACK_BOT_TOKEN": blank, "SLACK_SIGNING_SECRET": blank, "PORT": blank})

    assert [problem.partition(":")[0] for problem in problems] == ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"]


def test_neither_way_to_reach_slack_is_refused() -> None:
    problem = only_refusal({"SLACK_BOT_TOKEN": "xoxb-1"})

    assert "SLACK_SIGNING_SECRET" in problem
    assert "SLACK_APP_TOKEN" in problem


def test_an_unknown_name_of_ours_is_refused_and_the_nearest_is_named() -> None:
    problem = only_refusal(HTTP | {"COUNTERSIGN_POLICY_FILE": "policy.yaml"})

    assert problem == "COUNTERSIGN_POLICY_FILE: there is no such setting. Did you mean COUNTERSIGN_POLICY?"


@pytest.mark.parametrize("name", ["SMTP_HOSTS", "IAP_AUDIENCES"])
def test_a_misspelt_name_of_a_channel_is_refused_where_that_is_opened_and_nowhere_else(name: str) -> None:
    assert only_refusal(HTTP | {name: "x"}).startswith(f"{name}: there is no such setting. Did you mean")
    read_local({name: "x"})


KUBERNETES = {
    f"{service}_{name}": value
    for service in ("SMTP_RELAY", "IAP_INGRESS", "COUNTERSIGN", "COUNTERSIGN_PAGES")
    for name, value in {
        "SERVICE_HOST": "10.0.0.11",
        "SERVICE_PORT": "25",
        "SERVICE_PORT_SMTP": "25",
        "PORT": "tcp://10.0.0.11:25",
        "PORT_25_TCP": "tcp://10.0.0.11:25",
        "PORT_25_TCP_PROTO": "tcp",
        "PORT_25_TCP_PORT": "25",
        "PORT_25_TCP_ADDR": "10.0.0.11",
    }.items()
}


def test_what_kubernetes_says_of_services_beside_it_is_no_setting() -> None:
    assert read(HTTP | PUBLIC | KUBERNETES).port == read(HTTP | PUBLIC).port


def test_a_port_that_is_no_service_s_is_a_misspelt_setting() -> None:
    assert only_refusal(HTTP | {"SMTP_RELAY_PORT": "25"}).startswith("SMTP_RELAY_PORT: there is no such setting.")


@pytest.mark.parametrize("name", sorted(jit_access.REFUSED))
def test_a_name_that_is_not_served_is_refused_with_what_to_do(name: str) -> None:
    problem = only_refusal(HTTP | {name: "anything"})

    assert problem.startswith(f"{name}: ")
    assert re.search(r"[Uu]nset it\.$", problem)


def test_the_longest_activation_is_pointed_to_the_policy_file() -> None:
    assert "`duration.max` in the policy file" in only_refusal(HTTP | {"ACTIVATION_TIMEOUT": "120"})


def test_names_of_other_programs_are_none_of_our_business() -> None:
    others = {
        "GOOGLE_CLOUD_PROJECT": "p",
        "GOOGLE_APPLICATION_CREDENTIALS": "/k.json",
        "HOME": "/root",
        "CI": "true",
    }

    assert read_local(HTTP | others) == read_local(HTTP)


@pytest.mark.parametrize("name", ["SLACK_API_URL", "GOOGLE_API_BASE_URL", "COUNTERSIGN_PAGES_URL"])
def test_plain_http_is_refused_outside_a_sandbox(name: str) -> None:
    problem = only_refusal(HTTP | PUBLIC | {name: "http://localhost:8081/"})

    assert problem.startswith(f"{name}: ")
    assert "COUNTERSIGN_SANDBOX=1" in problem


def test_another_google_is_refused_outside_a_sandbox_even_over_https() -> None:
    assert only_refusal(HTTP | {"GOOGLE_API_BASE_URL": "https://example.com"}).startswith("GOOGLE_API_BASE_URL: ")


def test_cloud_run_refuses_the_sandbox_the_file_store_and_the_file_signer() -> None:
    problems = refusal(HTTP | SANDBOX | {"K_SERVICE": "countersign"})

    assert [problem.partition(":")[0] for problem in problems] == [
        "COUNTERSIGN_SANDBOX",
        "COUNTERSIGN_STORE",
        "COUNTERSIGN_SIGNER",
    ]


def test_beside_a_sandbox_both_addresses_may_be_plain_http() -> None:
    settings = read(
        HTTP | SANDBOX | {"SLACK_API_URL": "http://localhost:1/api", "GOOGLE_API_BASE_URL": "http://localhost:2/"}
    )

    assert slack(settings).api_url == "http://localhost:1/api/"
    assert settings.google_api_base_url == "http://localhost:2"
    assert settings.sandbox


def test_the_defaults_are_those_of_the_documentation() -> None:
    settings = read(HTTP)

    assert settings.policy == Path("policy.yaml")
    assert settings.store == SqliteUrl(Path("data/countersign.db"))
    assert settings.signer == KeyFile(Path("data/signer.jwk"))
    assert settings.receipt_signer is None
    assert slack(settings).command == "/jit"
    assert settings.port == 8080
    assert settings.log_level == "INFO"
    assert slack(settings).api_url == "https://slack.com/api/"
    assert settings.google_api_base_url is None
    assert not settings.sandbox
    assert not settings.on_cloud_run


def test_a_pasted_line_end_does_no_harm() -> None:
    settings = read({name: f"{value}\n" for name, value in SOCKET.items()})

    app_token = slack(settings).app_token
    assert app_token is not None
    assert app_token.reveal() == SOCKET["SLACK_APP_TOKEN"]
    assert slack(settings).signing_secret is None


def test_the_log_level_may_be_written_small() -> None:
    assert read(HTTP | {"LOG_LEVEL": "debug"}).log_level == "DEBUG"


def test_commands_on_the_store_need_no_slack() -> None:
    assert read_local({"COUNTERSIGN_STORE": "sqlite:///x.db"}).store == SqliteUrl(Path("x.db"))


def test_commands_on_the_store_refuse_the_same_mistakes() -> None:
    with pytest.raises(SettingsError, match=r"COUNTERSIGN_COLOUR"):
        read_local({"COUNTERSIGN_COLOUR": "red"})


def test_no_secret_shows_in_the_settings_as_text() -> None:
    settings = read(HTTP | SOCKET)
    shown = f"{settings} {settings!r} {slack(settings).bot_token} {[slack(settings).app_token]}"

    assert not any(value in shown for value in (HTTP | SOCKET).values())


def test_a_secret_cannot_be_written_as_json() -> None:
    with pytest.raises(TypeError):
        msgspec.json.encode(Secret("xoxb-1"))


def test_every_setting_says_what_it_means() -> None:
    assert all(variable.doc.endswith(".") for variable in VARIABLES)
