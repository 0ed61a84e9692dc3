"""The page of administrators: which applications ask, and for what. For everybody else there is none."""

from collections.abc import Iterator

import pytest

from tests.handlers.web.conftest import ALICE, BOB, CAROL, EVE
from tests.support.counter import ENVIRON, Counter
from tests.support.running import Running, running
from tests.support.visits import Browser

COUNTER = Counter()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("counter")
    may = "    may_assert: true\n"
    told = COUNTER.policy.replace(
        may, f"{may}    webhook: https://payments.example.com/hooks/countersign?key=open-sesame\n"
    )
    signer = {"COUNTERSIGN_WEBHOOK_SIGNER": f"file:{folder / 'webhooks.jwk'}"}
    with running(folder, policy=told, environ=ENVIRON | signer, iap_port=0) as office:
        yield office


def test_only_administrators_learn_that_there_is_such_a_page(office: Running) -> None:
    assert Browser(office).get("/applications").status == 302
    assert office.fetch("/applications")[0] == 403
    for who in (ALICE, BOB, EVE):
        page = Browser(office, who).get("/applications")
        assert page.status == 404
        assert "payments" not in page.body
        assert "/applications" not in Browser(office, who).get("/").body


def test_it_cannot_be_changed(office: Running) -> None:
    carol = Browser(office, CAROL)

    assert carol.post("/applications", {"kind": "approve"}).status == 404
    assert "<form" not in carol.get("/applications").body


def test_administrators_find_and_read_it(office: Running) -> None:
    carol = Browser(office, CAROL)
    assert 'href="/applications"' in carol.get("/").body

    page = carol.get("/applications")

    assert page.status == 200
    for said in (
        "The payments of our shop payments",
        "1 key: k1",
        "people whom it names itself, and who confirm it themselves",
        "https://payments.example.com/hooks/countersign?… , signed by the service's own key",
        "Refund a customer refund",
        "Approvers 1 of sre",
        "alice@example.com, bob@example.com, dan@example.com",
        "Money leaves the company at once",
        "Amount ( amount ): money",
        "Card ( card ): a secret, of which only a salted digest is kept; it may be left out",
        'Refused where subject.type == "contractor" : Only employees refund',
        "Allowed without anybody's approval where params.amount <= 10",
        "Pay out payout",
        "Sign and approve",
        "None: it always needs its approvers.",
    ):
        assert said in page.words, said
    for secret in ("open-sesame", COUNTER.app.jwk["x"]):
        assert secret not in page.body
