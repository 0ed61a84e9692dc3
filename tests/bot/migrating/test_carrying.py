"""Every variable of a deployment becomes a setting, or a difference that says what to do."""

import pytest

from bot.jit_access import REFUSED, TABLE, Kept
from bot.migrating.carrying import Carried, Defaults, carried
from bot.migrating.deployment import Deployment, Value
from bot.settings import read_local

GOOD = {
    "SMTP_SENDER_ADDRESS": "jit@example.com",
    "SMTP_PORT": "587",
    "SMTP_ENABLE_STARTTLS": "true",
    "SMTP_ADDRESS_MAPPING": "user.email.extract('{handle}@example.com') + '@mail.example.com'",
    "SMTP_OPTIONS": "mail.smtp.localhost=jit.example.com",
    "SMTP_SECRET": "projects/shop-tools/secrets/smtp/versions/latest",
    "NOTIFICATION_TIMEZONE": "Europe/Berlin",
    "PORT": "8080",
    "NOTIFICATION_TOPIC": "projects/shop-tools/topics/jit-access-events",
}


def made(values: dict[str, str], *, secret: dict[str, str] | None = None) -> Carried:
    given = {name: Value(name=name, line=line, text=text) for line, (name, text) in enumerate(values.items(), 2)}
    given |= {name: Value(name=name, line=99, secret=where) for name, where in (secret or {}).items()}
    return carried(Deployment(source="app.yaml", platform="App Engine", values=given))


@pytest.mark.parametrize("name", [each.name for each in TABLE])
def test_nothing_that_was_set_is_left_out_without_a_word(name: str) -> None:
    found = made({name: GOOD.get(name, "text")})

    settings = [line.partition("=")[0] for line in found.settings]
    secrets = [line.split()[1] for line in found.secrets]
    assert name in {*settings, *secrets, *(each.name for each in found.differences)}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_would_stop_the_start_is_never_printed_as_a_setting(name: str) -> None:
    found = made({name: "text"})

    assert found.settings == ()
    assert all(each.text.endswith(".") for each in found.differences)


def test_the_settings_that_are_printed_are_taken_by_a_start() -> None:
    found = made(GOOD)

    assert {line.partition("=")[0] for line in found.settings} == set(GOOD)
    read_local(dict(line.split("=", 1) for line in found.settings))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("SMTP_PORT", "25", "Set 587"),
        ("SMTP_PORT", "smtp", "no port"),
        ("NOTIFICATION_TOPIC", "projects/p/topics/goog-1", "Set projects/PROJECT/topics/"),
        ("NOTIFICATION_TIMEZONE", "CET+1", "IANA"),
        ("SMTP_ADDRESS_MAPPING", "user.email // as it is,\n.replace('@', '@mail.')", "on one line"),
        ("SMTP_OPTIONS", "mail.smtp.ssl.trust=*", "mail.smtp.ssl.trust"),
        ("SMTP_ADDRESS_MAPPING", "user.email.extract(", ""),
        ("SMTP_SENDER_NAME", "two\nlines", "no line of at most"),
        ("ACTIVATION_TIMEOUT", "2h", "120 are taken"),
        ("ACTIVATION_TIMEOUT", "0", "120 are taken"),
        ("ACTIVATION_TIMEOUT", "-5", "120 are taken"),
        ("ACTIVATION_TIMEOUT", "99999999", "120 are taken"),
        ("ACTIVATION_REQUEST_TIMEOUT", "soon", "60 are taken"),
        ("JUSTIFICATION_PATTERN", r"(?=b)\d+", "Any reason would do"),
        ("JUSTIFICATION_PATTERN", "a)|(b", "Any reason would do"),
        ("JUSTIFICATION_HINT", "x" * 151, "150"),
    ],
)
def test_a_value_that_cannot_be_taken_over_is_named_and_not_printed(name: str, text: str, said: str) -> None:
    found = made({name: text})

    wrong = [each for each in found.differences if each.wrong]
    assert [(each.name, each.line) for each in wrong] == [(name, 2)]
    assert said in wrong[0].text
    assert found.settings == ()
    assert found.defaults == Defaults()


def test_a_topic_as_jit_access_documents_it_is_to_be_filled_in_and_nothing_to_mend() -> None:
    found = made({"NOTIFICATION_TOPIC": "jitaccess-events"})

    assert "# NOTIFICATION_TOPIC=projects/PROJECT/topics/jitaccess-events" in found.missing
    assert [(each.name, each.wrong) for each in found.differences] == [("NOTIFICATION_TOPIC", False)]
    assert found.settings == ()


@pytest.mark.parametrize(
    "name",
    [
        "RESOURCE_SCOPE",
        "PRIMARY_DOMAIN",
        "ACTIVATION_TIMEOUT",
        "ELEVATION_DURATION",
        "ACTIVATION_REQUEST_TIMEOUT",
        "APPROVAL_TIMEOUT",
        "JUSTIFICATION_PATTERN",
        "JUSTIFICATION_HINT",
    ],
)
def test_what_the_policy_needs_and_a_secret_holds_is_never_passed_over(name: str) -> None:
    found = made({"GOOGLE_CLOUD_PROJECT": "shop-tools"}, secret={name: "jit:1"})

    wrong = [each for each in found.differences if each.wrong]
    assert [(each.name, each.line) for each in wrong] == [(name, 99)]
    assert "out of a secret" in wrong[0].text
    assert (found.scope is None) == (name == "RESOURCE_SCOPE")


@pytest.mark.parametrize(
    ("values", "scope"),
    [
        ({}, None),
        ({"RESOURCE_SCOPE": " "}, None),
        ({"GOOGLE_CLOUD_PROJECT": "Shop Tools"}, None),
        ({"RESOURCE_SCOPE": "everything", "GOOGLE_CLOUD_PROJECT": "shop-tools"}, None),
        ({"GOOGLE_CLOUD_PROJECT": "shop-tools"}, "projects/shop-tools"),
        ({"RESOURCE_SCOPE": "folders/42", "GOOGLE_CLOUD_PROJECT": "shop-tools"}, "folders/42"),
    ],
)
def test_without_a_scope_the_own_project_bounds_what_counts_as_there(
    values: dict[str, str], scope: str | None
) -> None:
    assert made(values).scope == scope


def test_the_older_name_of_the_longest_activation_is_read_first_as_there() -> None:
    assert made({"ACTIVATION_TIMEOUT": "240", "ELEVATION_DURATION": "30"}).defaults.longest == 30
    assert made({"ACTIVATION_TIMEOUT": "240", "ELEVATION_DURATION": " "}).defaults.longest == 240


def test_what_the_policy_says_in_the_place_of_settings() -> None:
    found = made(
        {
            "PRIMARY_DOMAIN": "Example.com",
            "ACTIVATION_REQUEST_TIMEOUT": "30",
            "JUSTIFICATION_PATTERN": r"b/\d+",
            "JUSTIFICATION_HINT": "A bug",
        }
    )

    assert found.defaults == Defaults(
        domain="example.com", longest=120, pending=30, pattern=r"b/\d+", hint="A bug"
    )


def test_any_reason_is_no_pattern() -> None:
    assert made({"JUSTIFICATION_PATTERN": ".*"}).defaults.pattern == ""


def test_a_secret_is_named_and_never_printed() -> None:
    found = made({"SMTP_PASSWORD": "hunter2"}, secret={"SMTP_USERNAME": "smtp-user:3"})

    assert "hunter2" not in str(found)
    assert found.secrets[0].startswith("# SMTP_PASSWORD is a secret: copy it from line 2")
    assert "--set-secrets=SMTP_USERNAME=smtp-user:3" in found.secrets[1]


def test_the_number_of_the_backend_service_is_in_the_audience_to_fill_in() -> None:
    assert (
        "# IAP_AUDIENCE=/projects/NUMBER/global/backendServices/4711"
        in made({"IAP_BACKEND_SERVICE_ID": "4711"}).missing
    )


def test_a_variable_that_nobody_read_is_said_and_those_of_the_platform_are_not() -> None:
    found = made({"RESOURCE_SCOPES": "projects/x", "GOOGLE_CLOUD_PROJECT": "shop", "JAVA_TOOL_OPTIONS": "-Xmx1g"})

    assert [(each.name, each.wrong) for each in found.differences] == [("RESOURCE_SCOPES", False)]


def test_what_is_kept_and_differs_says_in_what() -> None:
    differs = {each.name: each.differs for each in TABLE if isinstance(each, Kept) and each.differs != "Nothing."}
    found = made({name: GOOD.get(name, "text") for name in differs})

    assert {each.name: each.text for each in found.differences} == differs
