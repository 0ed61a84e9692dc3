"""Makers of tokens in other languages, and ours, against the published calls: read by another library."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import import_key

from approvals.policy.parties import Application
from countersign_client.jws import octets
from handlers.identity.application import Signed
from tests.bot.commands import ROOT
from tests.handlers.identity.callers import reader, refused

CALLERS = ROOT / "examples" / "callers"
VECTORS: dict[str, Any] = json.loads((CALLERS / "vectors.json").read_text())
AUDIENCE: str = VECTORS["audience"]
KEYS: dict[str, dict[str, Any]] = {key["alg"]: key for key in VECTORS["keys"]}
CALLS: dict[str, dict[str, Any]] = {call["name"]: call for call in VECTORS["calls"]}
MAKERS = {
    "bash": (["bash", "sign.sh"], ["pem"]),
    "Node.js": (["node", "sign.mjs"], ["pem", "private"]),
    "Python": ([sys.executable, "sign.py"], ["pem", "private"]),
}

pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")


def sent(call: dict[str, Any], authorization: str) -> Signed:
    """A call as the service gets it."""
    key = call["idempotency_key"]
    named = [(b"idempotency-key", f'"{key}"'.encode())] if key else []
    return Signed(
        method=call["method"],
        target=call["url"].removeprefix(AUDIENCE),
        headers=((b"authorization", authorization.encode()), *named),
        body=call["body"].encode(),
    )


@pytest.fixture
def maker(tmp_path: Path) -> Callable[..., str]:
    """Runs the program in one language for one call by one key."""

    def made(language: str, call: dict[str, Any], key: dict[str, Any], form: str, kid: str | None = "") -> str:
        if shutil.which(MAKERS[language][0][0]) is None:
            pytest.skip(f"{language} is not installed here")
        (tmp_path / "key").write_text(key["pem"] if form == "pem" else json.dumps(key["private"]))
        (tmp_path / "body").write_bytes(call["body"].encode())
        of_body = [str(tmp_path / "body")] if call["body"] else []
        arguments = [call["method"], call["url"], *of_body, *filter(None, [call["idempotency_key"]])]
        done = subprocess.run(
            [*MAKERS[language][0], *arguments],
            cwd=CALLERS,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "APP_ID": VECTORS["issuer"],
                "APP_KEY": str(tmp_path / "key"),
                **({"APP_KID": kid or key["kid"]} if kid is not None else {}),
                "COUNTERSIGN_API_URL": AUDIENCE,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.removesuffix("\n")

    return made


@pytest.mark.parametrize("alg", KEYS)
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    ("language", "form"), [(language, form) for language, (_, forms) in MAKERS.items() for form in forms]
)
def test_a_maker_makes_what_the_call_needs(
    maker: Callable[..., str], language: str, form: str, name: str, alg: str
) -> None:
    call, key = CALLS[name], KEYS[alg]

    said = maker(language, call, key, form)

    public = import_key({name: value for name, value in key["public"].items() if name != "alg"})
    token = jwt.decode(said.removeprefix("Bearer "), public, algorithms=[alg])
    assert token.header == {"alg": alg, "kid": key["kid"], "typ": "countersign-app+jwt"}
    issued, expires, jti = (token.claims.pop(name) for name in ("iat", "exp", "jti"))
    assert token.claims == call["claims"]
    assert 0 < expires - issued <= 300
    # The service takes it at the moment that it says.
    caller = reader(listed()).caller(sent(call, said), now=datetime.fromtimestamp(issued, UTC))
    assert (caller.application.id, caller.jti) == (VECTORS["issuer"], jti)


@pytest.mark.parametrize("language", MAKERS)
def test_a_key_goes_by_the_name_that_it_is_given(maker: Callable[..., str], language: str) -> None:
    said = maker(language, CALLS["a POST"], KEYS["ES256"], "pem", "2026-11")

    assert kid_of(said) == "2026-11"


@pytest.mark.parametrize("alg", KEYS)
@pytest.mark.parametrize("language", ["Node.js", "Python"])
def test_a_key_without_a_name_goes_by_its_thumbprint(maker: Callable[..., str], language: str, alg: str) -> None:
    said = maker(language, CALLS["a POST"], KEYS[alg], "pem", None)

    assert kid_of(said) == KEYS[alg]["kid"]


def kid_of(said: str) -> Any:
    return json.loads(octets(said.removeprefix("Bearer ").partition(".")[0]))["kid"]


def listed() -> Application:
    return Application(id=VECTORS["issuer"], title="", keys=tuple(key["public"] for key in VECTORS["keys"]))


@pytest.mark.parametrize("vector", VECTORS["tokens"], ids=lambda each: f"{each['alg']} {each['call']}")
def test_a_published_token_is_for_its_call_and_no_other(
    vector: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    now = datetime.fromtimestamp(VECTORS["now"], UTC)
    for name, call in CALLS.items():
        made = sent(call, f"Bearer {vector['token']}")
        if name == vector["call"]:
            assert reader(listed()).caller(made, now=now).application.id == VECTORS["issuer"]
        else:
            assert "another method" in refused(reader(listed()), made, caplog, now=now)


def test_the_shell_signs_nothing_that_would_end_its_text(maker: Callable[..., str]) -> None:
    call = {**CALLS["a POST"], "idempotency_key": 'a","aud":"x'}

    with pytest.raises(AssertionError, match="no quotes"):
        maker("bash", call, KEYS["ES256"], "pem")
