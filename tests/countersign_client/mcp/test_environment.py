"""What a front is told by its environment, and what it says of what is wrong there."""

import json
from pathlib import Path

import pytest

from countersign_client.applications.values import Asserted
from countersign_client.call_tokens import new_key, private_jwk
from countersign_client.errors import Unusable
from countersign_client.mcp import environment
from countersign_client.mcp.serving import address


@pytest.fixture
def good(tmp_path: Path) -> dict[str, str]:
    key = tmp_path / "assistant.jwk"
    key.write_text(json.dumps(private_jwk(new_key("EdDSA"))))
    (tmp_path / "token").write_text("a.b.c\n")
    return {
        "COUNTERSIGN_API_URL": "https://approvals.example.com",
        "COUNTERSIGN_APP_ID": "assistant",
        "COUNTERSIGN_APP_KEY": str(key),
        "COUNTERSIGN_ON_BEHALF_TOKEN": str(tmp_path / "token"),
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"COUNTERSIGN_API_URL": ""}, "COUNTERSIGN_API_URL is not set"),
        ({"COUNTERSIGN_API_URL": "http://approvals.example.com"}, "COUNTERSIGN_API_URL: .* starts with https://"),
        ({"COUNTERSIGN_API_URL": "https://approvals.example.com/v1"}, "of its host alone"),
        ({"COUNTERSIGN_APP_ID": " "}, "COUNTERSIGN_APP_ID is not set"),
        ({"COUNTERSIGN_APP_KEY": ""}, "COUNTERSIGN_APP_KEY is not set"),
        ({"COUNTERSIGN_APP_KEY": "/nowhere/key.jwk"}, "COUNTERSIGN_APP_KEY: /nowhere/key.jwk cannot be read"),
        ({"COUNTERSIGN_APP_KEY": __file__}, "this is no private key"),
        ({"COUNTERSIGN_APP_RECEIPT_KEYS": __file__}, "COUNTERSIGN_APP_RECEIPT_KEYS"),
        ({"COUNTERSIGN_ON_BEHALF_TOKEN": ""}, "set one of COUNTERSIGN_ON_BEHALF_TOKEN"),
        ({"COUNTERSIGN_ON_BEHALF_OF": "alice@example.com"}, "set one of COUNTERSIGN_ON_BEHALF_TOKEN"),
    ],
)
def test_what_cannot_be_used_is_named(good: dict[str, str], changes: dict[str, str], said: str) -> None:
    with pytest.raises(Unusable, match=said):
        environment.read(good | changes, http=False)


@pytest.mark.parametrize(
    ("http", "more"),
    [
        (False, ["set one of COUNTERSIGN_ON_BEHALF_TOKEN"]),
        (True, ["COUNTERSIGN_MCP_URL is not set: ", "COUNTERSIGN_MCP_ISSUER is not set: "]),
    ],
)
def test_all_that_is_missing_is_said_at_once(*, http: bool, more: list[str]) -> None:
    with pytest.raises(Unusable) as refused:
        environment.read({}, http=http)

    named = [f"COUNTERSIGN_{name} is not set: " for name in ("API_URL", "APP_ID", "APP_KEY")]
    assert [each for each in (*named, *more) if each not in str(refused.value)] == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"COUNTERSIGN_MCP_URL": ""}, "COUNTERSIGN_MCP_URL is not set"),
        ({"COUNTERSIGN_MCP_URL": "http://agents.example.com/mcp"}, "COUNTERSIGN_MCP_URL is no address"),
        ({"COUNTERSIGN_MCP_ISSUER": ""}, "COUNTERSIGN_MCP_ISSUER is not set"),
        ({"COUNTERSIGN_ON_BEHALF_OF": "alice@example.com"}, "take COUNTERSIGN_ON_BEHALF_OF away"),
        ({"COUNTERSIGN_ON_BEHALF_TOKEN": "token"}, "take COUNTERSIGN_ON_BEHALF_TOKEN away"),
    ],
)
def test_over_http_nobody_is_spoken_for(good: dict[str, str], changes: dict[str, str], said: str) -> None:
    served = good | {
        "COUNTERSIGN_ON_BEHALF_TOKEN": "",
        "COUNTERSIGN_MCP_URL": "https://agents.example.com/mcp",
        "COUNTERSIGN_MCP_ISSUER": "https://login.example.com",
    }
    assert environment.read(served, http=True).place is not None
    with pytest.raises(Unusable, match=said):
        environment.read(served | changes, http=True)


@pytest.mark.parametrize("listen", ["", "http", "127.0.0.1", "0", "65536", "²", "127.0.0.1:"])
def test_what_is_no_port_is_refused(listen: str) -> None:
    with pytest.raises(Unusable, match="is no port"):
        address(listen)


def test_a_port_alone_is_loopback_s() -> None:
    assert [address(each) for each in ("8090", "0.0.0.0:8090", "[::1]:8090")] == [
        ("127.0.0.1", 8090),
        ("0.0.0.0", 8090),
        ("::1", 8090),
    ]


def test_the_token_is_read_anew_at_each_call(good: dict[str, str]) -> None:
    brought = environment.read(good, http=False).brought
    file = Path(good["COUNTERSIGN_ON_BEHALF_TOKEN"])

    assert brought(None) == "a.b.c"
    file.write_text("d.e.f")
    assert brought(None) == "d.e.f"
    for text in ("", " \n"):
        file.write_text(text)
        with pytest.raises(Unusable, match="no token"):
            brought(None)
    file.unlink()
    with pytest.raises(Unusable, match="cannot be read"):
        brought(None)


def test_an_address_is_the_agent_s_word(good: dict[str, str]) -> None:
    named = good | {"COUNTERSIGN_ON_BEHALF_TOKEN": "", "COUNTERSIGN_ON_BEHALF_OF": "alice@example.com"}

    assert environment.read(named, http=False).brought(None) == Asserted(email="alice@example.com")


def test_the_secret_is_the_key_s_own(good: dict[str, str]) -> None:
    first = environment.read(good, http=False).secret
    again = environment.read(good, http=False).secret
    Path(good["COUNTERSIGN_APP_KEY"]).write_text(json.dumps(private_jwk(new_key("EdDSA"))))

    assert first == again
    assert environment.read(good, http=False).secret != first
