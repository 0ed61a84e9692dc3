"""Against a provider that is not ours: panva's oidc-provider, which the OpenID Foundation has certified.

Runs where `OIDC_PROVIDER` names a folder in which `npm install oidc-provider` was run, and Node.js is there.
"""

import base64
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import msgspec
import pytest
import requests

from approvals.backends.fetching import Fetcher
from approvals.policy.parties import Application, Brings, Issuer
from approvals.refusals.errors import Refused
from demo.ports import free_port
from handlers.identity.issuers import Issuers
from handlers.identity.oidc import People
from tests.handlers.identity.test_person_tokens import Log
from tests.support.vendors import POLICY

INSTALLED = os.environ.get("OIDC_PROVIDER", "")
pytestmark = pytest.mark.skipif(
    not INSTALLED or shutil.which("node") is None, reason="OIDC_PROVIDER names no folder with oidc-provider in it"
)
BACK = "http://127.0.0.1:5000/back"
VERIFIER = "v" * 60
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
PROGRAM = """
import Provider from 'file://%(installed)s/node_modules/oidc-provider/lib/index.js'
const provider = new Provider('%(issuer)s', {
  clients: [{ client_id: 'payments', redirect_uris: ['%(back)s'], token_endpoint_auth_method: 'none',
    application_type: 'native' }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], auth_time: null },
  conformIdTokenClaims: false,
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: id + '@example.com',
    email_verified: true }) }),
  features: { devInteractions: { enabled: true } },
})
provider.listen(%(port)d, '127.0.0.1', () => console.log('listening'))
"""


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuer]:
    port = free_port()
    url = f"http://localhost:{port}"
    program: Path = tmp_path_factory.mktemp("provider") / "provider.mjs"
    program.write_text(PROGRAM % {"installed": INSTALLED, "issuer": url, "back": BACK, "port": port})
    with subprocess.Popen(
        ["node", str(program)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as node:
        assert node.stdout is not None
        assert "listening" in node.stdout.readline()
        try:
            yield Issuer(id="real", issuer=url, domains=("example.com",))
        finally:
            node.terminate()


def sign_in(issuer: Issuer, **asked: str) -> str:
    """Go through the provider's own pages, and return the ID token."""
    wanted = {
        "client_id": "payments",
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "openid email",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    with requests.Session() as browser:
        at = f"{issuer.issuer}/auth?{urlencode(wanted | asked)}"
        form: dict[str, str] | None = None
        while not at.startswith(BACK):
            sent = (
                browser.post(at, form, allow_redirects=False) if form else browser.get(at, allow_redirects=False)
            )
            form = None
            if sent.is_redirect:
                at = urljoin(at, sent.headers["location"])
                continue
            prompt, action = (
                re.search(each, sent.text) for each in (r'name="prompt" value="(\w+)"', r'action="([^"]+)"')
            )
            assert prompt is not None, sent.text
            assert action is not None
            at, form = urljoin(at, action[1]), {"prompt": prompt[1], "login": "bob", "password": "none"}
        given = {
            "grant_type": "authorization_code",
            "code": dict(parse_qsl(urlsplit(at).query))["code"],
            "client_id": "payments",
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
        }
        return str(browser.post(f"{issuer.issuer}/token", given).json()["id_token"])


def test_its_discovery_its_keys_and_its_token_hold(issuer: Issuer) -> None:
    payments = Application(
        id="payments", title="Payments", brings=(Brings(issuer="real", audience=("payments",)),)
    )
    people = People(
        policy=lambda: msgspec.structs.replace(POLICY, issuers={"real": issuer}),
        issuers=Issuers(Fetcher(sandbox=True), clock=lambda: datetime.now(UTC)),
        proxy_key=lambda _: None,
        seldom=Log(),
    )
    token = sign_in(issuer, nonce="n-1", max_age="300")
    now = datetime.now(UTC)

    found = people.person(payments, token, nonce="n-1", now=now)

    assert (found.principal, found.subject) == ("bob@example.com", "bob")
    assert found.auth_time is not None
    for changed, at in ((token[:-4] + "AAAA", now), (token, now + timedelta(days=2))):
        with pytest.raises(Refused):
            people.person(payments, changed, now=at)
