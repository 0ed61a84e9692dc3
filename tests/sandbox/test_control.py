"""The sandbox's own interface shows everything to its page, and nothing to a page elsewhere."""

import http.client
import json
from pathlib import Path
from typing import Any

import pytest

from sandbox import world
from sandbox.app import Sandbox

JSON = {"Content-Type": "application/json"}


def asked(
    box: Sandbox, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", box.port, timeout=10)
    try:
        sent = json.dumps(body).encode() if body is not None else None
        connection.request(method, path, body=sent, headers=headers if headers is not None else JSON)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


SAY = {"as": "bob", "do": "say", "text": "hello", "channel": "#access"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({**JSON, "Origin": "https://evil.example"}, 403),
        ({**JSON, "Origin": "null"}, 403),
        ({**JSON, "Host": "evil.example"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_a_web_page_elsewhere_cannot_act(box: Sandbox, headers: dict[str, str], status: int) -> None:
    assert asked(box, "POST", "/sandbox/act", SAY, headers)[0] == status
    assert box.slack.messages("#access") == []


def test_a_rebound_name_cannot_read(box: Sandbox) -> None:
    assert asked(box, "GET", "/sandbox/state?as=bob", headers={"Host": "evil.example"})[0] == 403


def test_the_pages_own_origin_may_act(box: Sandbox) -> None:
    headers = {**JSON, "Host": "localhost:8080", "Origin": "http://localhost:8080"}

    assert asked(box, "POST", "/sandbox/act", SAY, headers)[0] == 200
    assert box.slack.messages("#access")[0].text == "hello"


@pytest.mark.parametrize("order", [{}, [], {"as": "bob", "do": "dance"}, {"as": "bob", "do": "say"}])
def test_an_unusable_order_is_refused(box: Sandbox, order: object) -> None:
    assert asked(box, "POST", "/sandbox/act", order)[0] == 400


def test_an_order_for_nobody_or_for_what_is_not_there_is_refused(box: Sandbox) -> None:
    assert asked(box, "POST", "/sandbox/act", SAY | {"as": "nobody"})[0] == 409
    assert asked(box, "POST", "/sandbox/act", {"as": "bob", "do": "submit"})[0] == 409
    assert asked(box, "GET", "/sandbox/state?as=nobody")[0] == 404


def test_a_person_sees_own_channels_and_messages_only(box: Sandbox) -> None:
    box.slack.say("carol", "secret", channel="#security")

    shown = {who: asked(box, "GET", f"/sandbox/state?as={who}")[1]["channels"] for who in ("carol", "gwen")}

    assert [channel["name"] for channel in shown["carol"]] == ["access", "security", ""]
    assert [channel["name"] for channel in shown["gwen"]] == ["access", ""]
    assert shown["carol"][1]["messages"][0]["text"] == "secret"


def test_a_change_of_messages_or_policies_ends_a_long_poll(box: Sandbox) -> None:
    version = asked(box, "GET", "/sandbox/events")[1]["version"]
    assert asked(box, "GET", f"/sandbox/events?since={version}&timeout=0")[1]["version"] == version
    box.slack.say("bob", "hello")
    after = asked(box, "GET", f"/sandbox/events?since={version}")[1]["version"]
    box.google.edit(
        "projects/shop-prod",
        lambda p: p["bindings"].append({"role": "roles/viewer", "members": ["user:bob@example.com"]}),
    )
    last = asked(box, "GET", f"/sandbox/events?since={after}")[1]["version"]

    assert len({version, after, last}) == 3


def test_policies_mail_and_faults_are_at_hand(box: Sandbox) -> None:
    assert set(asked(box, "GET", "/sandbox/google")[1]) >= {"projects/shop-prod", "folders/123456789012"}
    assert asked(box, "GET", "/sandbox/mail")[1]["messages"] == []
    assert asked(box, "POST", "/sandbox/faults", {"method": "auth.test", "kind": "error"})[0] == 200
    assert asked(box, "POST", "/sandbox/faults", {"method": "auth.test", "kind": "earthquake"})[0] == 400


def test_a_world_that_contradicts_itself_is_refused_by_name(tmp_path: Path) -> None:
    text = world.EXAMPLE.read_text()
    for bad in (text.replace("members: [U0CAROL,", "members: [U0NOBODY,"), text + "\ncolour: red\n"):
        (tmp_path / "world.yaml").write_text(bad)
        with pytest.raises(world.WorldError, match=r"world\.yaml: "):
            world.load(tmp_path / "world.yaml")
    with pytest.raises(world.WorldError):
        world.load(tmp_path / "missing.yaml")
