"""Services to measure: policy, keys and a store of pending requests in a folder, made by the real transitions."""

import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from approvals import transitions
from approvals.backends.signers.file import FileSigner, create_keys
from approvals.backends.signers.purposes import TOKENS
from approvals.backends.stores.records import micros, prepare
from approvals.backends.stores.sqlite import open_sqlite, requests
from approvals.backends.stores.sqlite.files import connect
from approvals.changes import Change
from approvals.ids import new_jti, new_request_id, new_salt
from approvals.people.accounts import How, Proof
from approvals.people.memberships import Memberships
from approvals.policy.evaluate import Ask, evaluate
from approvals.policy.model import Policy
from approvals.policy.reading.parse import parse
from approvals.ports.messages import Posted
from approvals.reconcile.posts import Post, Posts
from approvals.requests import Request
from approvals.reviews import typed
from approvals.tokens import Tokens
from bench import bodies
from bench.people import APPROVERS, ASKING, CHANNEL, SECRET, TEAM, TOKEN, TYPIST, address, asker

WHY = "INC-4711: the checkout answers slowly since the release of this morning; I want to read its profiles. " * 9


def policy_text(entitlements: int = 100, *, email: str = "never") -> str:
    """So many entitlements, each on a project of its own, with one approver out of a group of twelve.

    `email` says when those get mail.
    """
    named = [address(account) for account in (*APPROVERS, TYPIST)]
    members = ", ".join([*named, *(f"approver{number}@example.com" for number in range(12 - len(named)))])
    head = f"""\
version: 1
identity: {{domains: [example.com]}}
groups:
  sre: [{members}]
defaults:
  duration: {{default: 1h, max: 4h}}
  pending: 8h
  channel: "#access"
  email: {email}
entitlements:
"""
    return head + "".join(_entitlement(number) for number in range(entitlements))


def _entitlement(number: int) -> str:
    return f"""\
  - id: admin-{number}
    title: Compute administration {number}
    resource: projects/shop-{number:04d}
    roles: [roles/compute.instanceAdmin.v1, roles/logging.viewer]
    requesters: ["domain:example.com"]
    approval:
      - {{approvers: ["group:sre"], needed: 1}}
"""


class Stock:
    """A folder in which a service can start, and the pending requests in it that nobody has decided."""

    def __init__(
        self, folder: Path, *, entitlements: int = 100, kept: bool = False, email: str = "never", more: str = ""
    ) -> None:
        """Make the folder anew, or go on with a `kept` one. `more` is added to the policy."""
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        self.folder = folder
        self.store_file = folder / "countersign.db"
        self._entitlements = entitlements
        self._left: list[Request] = []
        text = policy_text(entitlements, email=email) + more
        (folder / "policy.yaml").write_text(text)
        self.policy: Policy = parse(text, source="policy.yaml")
        now = datetime.now(UTC)
        create_keys(folder / "signer.jwk", now=now, purpose=TOKENS)
        store = open_sqlite(self.store_file, now=now)
        installation = store.installation()
        store.close()
        issuer = f"countersign:{installation.instance}"
        self.signer = FileSigner(folder / "signer.jwk", issuer=lambda: issuer, purpose=TOKENS)
        self.tokens = Tokens(self.signer, installation=lambda: installation)

    def environ(self, *, outside: int) -> Mapping[str, str]:
        """Everything configured, with Slack and Google at a port of loopback."""
        return {
            "SLACK_BOT_TOKEN": TOKEN,
            "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_API_URL": f"http://127.0.0.1:{outside}/api/",
            "GOOGLE_API_BASE_URL": f"http://127.0.0.1:{outside}",
            "COUNTERSIGN_SANDBOX": "1",
            "COUNTERSIGN_POLICY": str(self.folder / "policy.yaml"),
            "COUNTERSIGN_STORE": f"sqlite:///{self.store_file}",
            "COUNTERSIGN_SIGNER": f"file:{self.folder / 'signer.jwk'}",
            "LOG_LEVEL": "ERROR",
        }

    def fill(self, count: int) -> None:
        """Add pending requests whose cards stand in Slack already."""
        now = datetime.now(UTC)
        changes = [self.filed(number, now=now) for number in range(count)]
        write(self.store_file, changes, generation=self.tokens.generation)
        self._left += [change.request for change in changes]

    def filed(self, number: int, *, now: datetime) -> Change:
        """The first change of a request: another requester or another project each time."""
        return self.asked(asker(number), f"admin-{number // ASKING % self._entitlements}", now=now)

    def asked(self, account: str, name: str, *, now: datetime) -> Change:
        """The first change of a request of this account for this entitlement."""
        ask = Ask(entitlement=name, duration=timedelta(hours=1), justification=WHY)
        nobody = Memberships(answers={})
        offer = evaluate(self.policy, ask, requester=address(account), memberships=nobody, begins=now).offer()
        why = typed(WHY.strip(), salt=new_salt())
        ref = f"slack:{TEAM}/{account}"
        return transitions.file(
            offer, request_id=new_request_id(), proof=Proof(account=ref, how=How()), justification=why, now=now
        )

    def take(self, count: int) -> list[Request]:
        """Requests that nobody was given yet."""
        taken, self._left = self._left[:count], self._left[count:]
        if len(taken) < count:
            raise ValueError(f"the stock is short of {count - len(taken)} requests")
        return taken

    def presses(self, chosen: Sequence[Request]) -> list[bytes]:
        """A press of Approve on each request, with a token of its own, signed just now."""
        now = datetime.now(UTC)
        return [bodies.press(each, self.tokens.mint(each, act="review", now=now)) for each in chosen]

    def require_approved(self, chosen: Sequence[Request]) -> None:
        """Raise `AssertionError` unless every one of them is approved in the store, by one review in its audit."""
        store = open_sqlite(self.store_file, now=datetime.now(UTC))
        try:
            for each in chosen:
                found = store.request(each.id)
                actions = [entry.action for entry in store.entries(each.id)][:3]
                expected = ["request.filed", "review.approve", "request.approved"]
                if found.state != "approved" or len(found.reviews) != 1 or actions != expected:
                    raise AssertionError(f"{each.id} was acknowledged and is {found.state}: {actions}")
        finally:
            store.close()


def write(path: Path, changes: Sequence[Change], *, generation: str) -> None:
    """Write first changes in one transaction, as the store would, with the record of a drawn card beside each."""
    connection = connect(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
        for change in changes:
            requests.create(connection, prepare(change), f"bench:{new_jti()}")
            expires = change.request.terms.expires
            drawn = f"{change.request.version}.{generation}"
            posted = Posted(place=CHANNEL, ts="1700000000.000100")
            post = Post(posted=posted, drawn=drawn, expires=expires)
            body = msgspec.json.encode(Posts(posts={"card": post, "status": post}))
            connection.execute(
                "UPDATE subjects SET due = ?, body = ? WHERE subject = ?",
                (micros(expires), body, change.wake[0]),
            )
        connection.execute("COMMIT")
    finally:
        connection.close()
