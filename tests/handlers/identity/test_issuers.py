"""What an issuer publishes: believed where it is the policy's own, kept for a day, and nobody else's trouble."""

import threading
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from approvals.backends.fetching import Fetcher
from approvals.policy.parties import Issuer
from approvals.refusals.errors import Unavailable
from handlers.identity.issuers import MOST_WAITING, Issuers, is_by, metadata_url
from handlers.identity.keys import FRESH, KEPT, PAUSE
from sandbox.app import Sandbox
from tests.support.doubles import Clock
from tests.support.vendors import ISSUERS, TENANT, Vendors, vendors

KEYCLOAK, OKTA, MANY = ISSUERS["keycloak"], ISSUERS["okta"], ISSUERS["entra-many"]
METADATA = "https://sso.example.com/realms/staff/.well-known/openid-configuration"


@pytest.fixture
def everyone() -> Iterator[Vendors]:
    with vendors() as served:
        yield served


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuers(everyone: Vendors, clock: Clock) -> Issuers:
    return Issuers(everyone.fetch, clock=clock)


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://sso.example.com/realms/other"},
        {"issuer": "https://sso.example.com/realms/staff/"},
        {"issuer": "https://SSO.example.com/realms/staff"},
        {"issuer": None},
        {"issuer": ["https://sso.example.com/realms/staff"]},
        {"jwks_uri": None},
        {"jwks_uri": "https://sso.example.com/nothing"},
        {"jwks_uri": ["https://sso.example.com/keys-of-keycloak"]},
    ],
)
def test_metadata_that_are_not_the_issuers_own_give_no_keys(
    everyone: Vendors, issuers: Issuers, changes: dict[str, Any]
) -> None:
    everyone.publish(KEYCLOAK, **changes)
    with pytest.raises(Unavailable):
        issuers.find(KEYCLOAK, "RS256")


@pytest.mark.parametrize(
    "uri",
    [
        "http://sso.example.com/keys",
        "https://169.254.169.254/computeMetadata/v1/",
        "https://localhost/keys",
        "https://metadata.google.internal\\@sso.example.com/keys",
        "file:///etc/passwd",
    ],
)
def test_no_metadata_lead_where_the_fetcher_does_not_go(everyone: Vendors, clock: Clock, uri: str) -> None:
    everyone.publish(KEYCLOAK, jwks_uri=uri)
    strict = Fetcher(sandbox=False)

    def fetch(method: str, url: str, **options: Any) -> Any:
        return (everyone.fetch if url == METADATA else strict)(method, url, **options)

    with pytest.raises(Unavailable):
        Issuers(fetch, clock=clock).find(KEYCLOAK, "RS256")
    assert everyone.asked == [METADATA]


def test_networks_and_ports_of_the_policy_are_those_of_the_issuers_own_host(clock: Clock) -> None:
    inside = Issuer(id="inside", issuer="https://sso.example.com:8443/r", networks=("10.0.0.0/8",))
    called: list[tuple[str, Any, Any]] = []

    def fetch(_: str, url: str, *, networks: Any = (), ports: Any = (), **__: Any) -> Any:
        called.append((url, networks, ports))
        if not url.endswith("configuration"):
            raise Unavailable("no keys")
        body = msgspec.json.encode({"issuer": inside.issuer, "jwks_uri": "https://keys.example.com:8443/k"})
        return type("Answer", (), {"status": 200, "body": body})()

    with pytest.raises(Unavailable):
        Issuers(fetch, clock=clock).find(inside, "k")
    assert called == [
        ("https://sso.example.com:8443/r/.well-known/openid-configuration", ("10.0.0.0/8",), (8443,)),
        ("https://keys.example.com:8443/k", (), ()),
    ]


def test_keys_are_asked_for_once_an_hour_and_for_a_new_one_once_in_a_while(
    everyone: Vendors, issuers: Issuers, clock: Clock
) -> None:
    assert issuers.find(KEYCLOAK, "RS256")
    for number in range(20):
        assert issuers.find(KEYCLOAK, f"nobody's {number}") is None
    assert len(everyone.asked) == 2, "the metadata, and the keys"
    clock.advance(PAUSE.total_seconds())
    assert issuers.find(KEYCLOAK, "nobody's") is None
    assert len(everyone.asked) == 3, "the keys alone"
    clock.advance(FRESH.total_seconds() + 1)
    assert issuers.find(KEYCLOAK, "RS256")
    assert len(everyone.asked) == 5


def test_an_issuer_that_is_gone_serves_for_a_day_by_what_it_had(
    everyone: Vendors, issuers: Issuers, clock: Clock
) -> None:
    assert issuers.find(KEYCLOAK, "RS256")
    everyone.documents.clear()
    clock.advance(KEPT.total_seconds())
    assert issuers.find(KEYCLOAK, "RS256")
    clock.advance(1)
    with pytest.raises(Unavailable):
        issuers.find(KEYCLOAK, "RS256")


def test_one_that_does_not_answer_holds_up_a_few_of_its_own_and_nobody_elses(
    everyone: Vendors, clock: Clock
) -> None:
    begun, go = threading.Event(), threading.Event()

    def fetch(method: str, url: str, **options: Any) -> Any:
        if url == METADATA:
            begun.set()
            go.wait(60)
            raise Unavailable("it took too long")
        return everyone.fetch(method, url, **options)

    issuers = Issuers(fetch, clock=clock)
    outcomes: list[str] = []

    def find() -> None:
        try:
            issuers.find(KEYCLOAK, "RS256")
        except Unavailable as error:
            outcomes.append(str(error))

    waiting, beyond = ([threading.Thread(target=find) for _ in range(most)] for most in (1 + MOST_WAITING, 20))
    for thread in waiting:
        thread.start()
    try:
        assert begun.wait(60)
        assert issuers.find(OKTA, "RS256") is not None
        for thread in beyond:
            thread.start()
        # Of those that came, the fetcher and its few wait; all others were answered at once.
        while len(outcomes) < 20:
            assert go.wait(0.01) is False
    finally:
        go.set()
        for thread in [*waiting, *beyond]:
            thread.join(60)
    assert sum("being fetched" in each for each in outcomes) == 20


def test_a_key_says_by_which_algorithm_it_verifies(everyone: Vendors, issuers: Issuers) -> None:
    for alg in ("RS256", "PS256", "ES256", "EdDSA"):
        found = issuers.find(KEYCLOAK, alg)
        assert found is not None
        assert found.algorithm == alg
    for key in everyone.documents["https://sso.example.com/keys-of-keycloak"]["keys"]:
        key.pop("alg")
    again = Issuers(everyone.fetch, clock=Clock())
    assert [getattr(again.find(KEYCLOAK, alg), "algorithm", "") for alg in ("RS256", "PS256")] == [
        "RS256",
        "RS256",
    ]


def test_where_metadata_are() -> None:
    home = "https://login.microsoftonline.com"
    wanted = {
        "entra": f"{home}/{TENANT}/v2.0/.well-known/openid-configuration",
        "entra-v1": f"{home}/{TENANT}/.well-known/openid-configuration",
        "entra-many": f"{home}/common/v2.0/.well-known/openid-configuration",
        "auth0": "https://example.eu.auth0.com/.well-known/openid-configuration",
        "google": "https://accounts.google.com/.well-known/openid-configuration",
    }
    assert {name: metadata_url(ISSUERS[name]) for name in wanted} == wanted


@pytest.mark.parametrize(
    ("iss", "good"),
    [
        (f"https://login.microsoftonline.com/{TENANT}/v2.0", True),
        (f"https://login.microsoftonline.com/{TENANT.upper()}x/v2.0", False),
        ("https://login.microsoftonline.com/common/v2.0", False),
        ("https://login.microsoftonline.com/{tenantid}/v2.0", False),
        (f"https://login.microsoftonline.com/{TENANT}/v2.0/", False),
        (f"https://login.microsoftonline.com/{TENANT}/v2.0\n", False),
        (f"https://login.microsoftonline.com/evil/{TENANT}/v2.0", False),
        (f"https://login-microsoftonline.com/{TENANT}/v2.0", False),
        (f"https://sts.windows.net/{TENANT}/", False),
    ],
)
def test_an_issuer_of_many_tenants_is_each_of_them_and_nobody_else(iss: str, good: bool) -> None:
    assert is_by(MANY, iss) is good


def test_the_sandboxs_provider_is_an_issuer_like_others(clock: Clock) -> None:
    with Sandbox.start() as box:
        issuer = Issuer(id="sandbox", issuer=box.oidc_url)
        kid = box.oidc.issuer.keys()["keys"][0]["kid"]
        found = Issuers(Fetcher(sandbox=True), clock=clock).find(issuer, kid)
        assert found is not None
        assert found.algorithm == "RS256"
        with pytest.raises(Unavailable):
            Issuers(Fetcher(sandbox=False), clock=clock).find(issuer, kid)
