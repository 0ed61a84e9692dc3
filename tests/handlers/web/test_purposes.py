"""The proof of a form does for what that form is for, and for nothing else, even of one person and one request."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

import pytest

from approvals import absences, drilling
from approvals.freezes import parting
from approvals.ports.store import UNREVIEWED
from handlers.web.forms import OUT_OF_DATE
from tests.handlers.web.conftest import ALICE, BOB, DAN
from tests.support.callers import Caller
from tests.support.frozen import freeze_part
from tests.support.running import POLICY, Running, running
from tests.support.visits import Answer, Browser, forms, link

PURPOSES = f"""{POLICY}\
  - id: inked
    title: Deploy by hand
    resource: projects/shop-prod
    roles: [roles/run.admin]
    requesters: ["domain:example.com"]
    approval:
      - {{approvers: ["group:sre"], needed: 1, sign: typed}}
  - id: glass
    title: Break glass on production
    resource: projects/shop-prod
    roles: [roles/run.admin]
    requesters: ["domain:example.com"]
    approval: break_glass
    break_glass: {{max: 1h, review: {{by: ["group:sre"], within: 3d}}}}
delegates: ["group:sre"]
administrators: [{BOB}]
"""
WHY = "INC-1 it burns"
ASKED = {"duration": "30m", "justification": WHY}
TYPED: Mapping[str, Mapping[str, str]] = {
    "deny": {"reason": WHY},
    "sign": {"printed_name": "Bob Baker", "meaning": "I have read it"},
    "offer": {"duration": "30m"},
    "end": {"reason": WHY},
    "extend": ASKED,
    "justified": {"reason": WHY},
    "unjustified": {"reason": WHY},
    "ask": ASKED,
    "break_glass": ASKED,
    "leave": {"until": "in 2h", "delegate": DAN},
    "entitlement": {"name": "narrow", "reason": WHY},
    "person": {"name": "eve@example.com", "reason": WHY},
    "everything": {"name": "", "reason": WHY},
    "thaw": {"of": "entitlement", "name": "logs", "reason": WHY},
}
FREEZING = {"entitlement", "person", "everything"}
"""One page's three forms of one purpose: each says itself what it freezes."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("purposes"), policy=PURPOSES, iap_port=0) as office:
        yield office


@pytest.fixture(scope="module")
def bob(office: Running) -> Browser:
    return Browser(office, BOB)


Pages = list[Answer]
"""What bob has open of one thing: the newest last, whose forms would still do something."""


def votes(office: Running, bob: Browser) -> Pages:
    return [bob.get(link(office, office.ask("alice", "pair")))]


def signature(office: Running, bob: Browser) -> Pages:
    return [bob.get(link(office, office.ask("alice", "inked")))]


def vote_that_stands(office: Running, bob: Browser) -> Pages:
    path = link(office, office.ask("alice", "pair"))
    before = bob.get(path)
    assert bob.press(before, "approve").status == 303
    return [before, bob.get(path)]


def own_request(office: Running, bob: Browser) -> Pages:
    asked = office.ask("bob", "admin")
    before = bob.get(f"/request/{asked}")
    alice = Caller(office, ALICE)
    offered = alice.post(f"/v1/requests/{asked}/offer", alice.shown(asked) | {"duration": "30m"})
    assert offered.status == 200, offered
    return [before, bob.get(f"/request/{asked}")]


def own_access(office: Running, bob: Browser) -> Pages:
    asked = office.ask("bob", "admin")
    before = bob.get(f"/request/{asked}")
    assert Caller(office, ALICE).decide(asked).status == 200
    office.until(lambda: office.grant(asked) == "active")
    return [before, bob.get(f"/request/{asked}")]


def emergency(office: Running, bob: Browser) -> Pages:
    body = {"entitlement": "glass", "duration": "30m", "justification": WHY, "break_glass": True}
    said = Caller(office, DAN).post("/v1/requests", body)
    assert said.status == 201, said
    office.until(lambda: office.grant(said.json["id"]) == "active")
    return [bob.get(f"/request/{said.json['id']}")]


def asking(office: Running, bob: Browser) -> Pages:
    return [bob.get("/ask/logs"), bob.get("/ask/pair")]


def declaring(office: Running, bob: Browser) -> Pages:
    first = bob.get("/ask/glass")
    return [first, bob.press(first, "ask", **ASKED)]


def leaving(office: Running, bob: Browser) -> Pages:
    first = bob.get("/away")
    assert bob.press(first, "leave", **TYPED["leave"]).status == 303
    return [first, bob.get("/away")]


def freezes(office: Running, bob: Browser) -> Pages:
    freeze_part(office.service.store, "entitlement", "logs", now=office.clock())
    return [bob.get("/freezes")]


def called(office: Running, bob: Browser) -> Pages:
    store, now = office.service.store, office.clock()
    drill = drilling.begin(store, people=[BOB], within=timedelta(minutes=15), by="os:root", now=now)
    return [bob.get(f"/drill/{drill.id}")]


OPENED: Mapping[str, tuple[Callable[[Running, Browser], Pages], set[str]]] = {
    "votes": (votes, {"approve", "deny", "offer"}),
    "a signature": (signature, {"sign", "deny", "offer"}),
    "a vote that stands": (vote_that_stands, {"take_back"}),
    "a request of one's own": (own_request, {"accept", "withdraw"}),
    "access of one's own": (own_access, {"extend", "end"}),
    "an emergency": (emergency, {"justified", "unjustified", "end"}),
    "to ask": (asking, {"ask"}),
    "to declare an emergency": (declaring, {"break_glass"}),
    "to be away": (leaving, {"leave", "back"}),
    "freezes": (freezes, {*FREEZING, "thaw"}),
    "a drill": (called, {"here"}),
}


@pytest.fixture
def opened(office: Running, bob: Browser, request: pytest.FixtureRequest) -> Iterator[tuple[Pages, set[str]]]:
    how, kinds = OPENED[request.param]
    yield how(office, bob), kinds
    store, now = office.service.store, office.clock()
    for name in ("logs", "narrow"):
        parting.thaw(store, "entitlement", name, by="os:root", why=None, now=now)
    if drilling.read(store) is not None:
        office.ahead(minutes=16)
    for each in store.on(UNREVIEWED).requests:
        said = Caller(office, ALICE).post(
            f"/v1/requests/{each.id}/after_review", {"justified": True, "reason": WHY}
        )
        assert said.status == 200, said
    absences.end_of(store, [BOB], by="os:root", now=now)
    for who in (ALICE, BOB):
        for open_one in store.open_of(who):
            Caller(office, who).post(f"/v1/requests/{open_one.id}/withdraw")


def written(office: Running) -> int:
    """How much all chains tell."""
    store = office.service.store
    return sum(len(store.entries(chain)) for chain in store.chains())


def others(pages: Pages, kind: str, elsewhere: Answer) -> dict[str, str]:
    """Proofs of bob's that are of no form of this kind."""
    found = {(name, form["proof"]) for page in (*pages, elsewhere) for name, form in forms(page).items()}
    return {proof: name for name, proof in found if name != kind and not (name in FREEZING and kind in FREEZING)}


@pytest.mark.parametrize("opened", OPENED, indirect=True)
def test_a_proof_does_for_one_purpose(office: Running, bob: Browser, opened: tuple[Pages, set[str]]) -> None:
    pages, kinds = opened
    elsewhere = bob.get("/ask/narrow" if "ask" not in kinds else "/away")
    live = forms(pages[-1])
    assert kinds <= set(live)
    office.settled()
    before = written(office)

    for kind in kinds:
        tried = others(pages, kind, elsewhere)
        assert tried
        for proof, of in tried.items():
            answer = bob.post(live[kind]["action"], {**live[kind], **TYPED.get(kind, {}), "proof": proof})
            assert answer.status == 409, f"{kind} by the proof of {of}"
            assert OUT_OF_DATE in answer.words, f"{kind} by the proof of {of}"

    office.settled()
    assert written(office) == before


@pytest.mark.parametrize("opened", OPENED, indirect=True)
def test_its_own_proof_does(office: Running, bob: Browser, opened: tuple[Pages, set[str]]) -> None:
    pages, kinds = opened

    assert bob.press(pages[-1], min(kinds), **TYPED.get(min(kinds), {})).status == 303
