"""Countersign for people and programs that call through Identity-Aware Proxy::

    from countersign_client.client import Client
    from countersign_client.signin.service_accounts import IdTokens, fetched

    credential = IdTokens("NUMBER-pages.apps.googleusercontent.com", fetched)
    client = Client("https://countersign.example.com", credential)
    asked = client.ask("compute-admin-prod", duration="2h", justification="INC-1: the disk is full")
    done = client.wait(asked.id, timeout=900)

Every method raises `countersign_client.errors.ClientError`, of which `refusals.Problem` is Countersign's own no.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from countersign_client.answers import (
    Absence,
    Entitlements,
    Freeze,
    Freezes,
    Me,
    Past,
    Request,
    Requests,
    Shape,
    Summary,
    shaped,
)
from countersign_client.errors import Unreachable
from countersign_client.exchange import Exchange
from countersign_client.signin.credential import Credential

_HOLD = 25
"""Seconds that the service holds an answer back at most."""

_SOON = 2
"""The same while access is being made, which takes a moment and is no new state of the request."""

_EXPORT = 600.0
"""Seconds for a whole export."""

_MEDIA = {"csv": "text/csv", "json": "application/json", "jsonl": "application/jsonl"}

_GRACE = 10.0
"""Seconds beyond the time that somebody waits, for the last answer."""


class Client:
    """One service, as one account sees it. `url` is where its pages are, without a path.

    `proxy_authorization` leaves `Authorization` to whatever stands between. `auth_host` is where Google's accounts
    sign in, in a sandbox.
    """

    def __init__(
        self, url: str, credential: Credential, *, proxy_authorization: bool = False, auth_host: str = ""
    ) -> None:
        self._calls = Exchange(
            url, credential, proxy_authorization=proxy_authorization, auth_host=auth_host or "accounts.google.com"
        )

    def me(self) -> Me:
        """Who calls, as Countersign knows them."""
        return shaped(self._calls.get("/v1/me"), Me)

    def entitlements(self, words: str = "") -> Entitlements:
        """What may be asked for, all of it or what fits some words."""
        return self._list("/v1/entitlements", {"q": words}, Entitlements)

    def requests(self, which: str = "mine") -> Requests:
        """Requests: `mine`, newest first; `waiting` for my approval, oldest first; `active`, that give access."""
        return self._list("/v1/requests", {"list": which}, Requests)

    def history(
        self,
        *,
        who: str = "",
        what: str = "",
        entitlement: str = "",
        state: str = "",
        since: str = "",
        until: str = "",
        limit: int = 50,
        cursor: str | None = None,
    ) -> Past:
        """A page of the history, newest first: what concerns the caller, or everything for who may look at it.

        `since` and `until` are days such as `2026-11-27`, which both count, by the clocks of the policy's
        `timezone`, or moments in RFC 3339, of which `until` does not. What is behind it begins at the `next` of
        what is returned.
        """
        said = {"who": who, "what": what, "entitlement": entitlement, "state": state, "from": since, "to": until}
        query: dict[str, object] = {name: text for name, text in said.items() if text}
        told = self._calls.get("/v1/history", {**query, "limit": limit, "cursor": cursor})
        return shaped(told, Past, items=_items(told))

    def export(
        self,
        take: Callable[[bytes], object],
        *,
        form: str = "jsonl",
        who: str = "",
        what: str = "",
        entitlement: str = "",
        state: str = "",
        since: str = "",
        until: str = "",
    ) -> None:
        """The same whole, of any length, as `jsonl`, `json` or `csv`: `take` gets it piece by piece.

        It is whole once this returns. Where it raises, what was taken is a part of it.
        """
        query = {"who": who, "what": what, "entitlement": entitlement, "state": state, "from": since, "to": until}
        self._calls.download("/v1/export", {**query, "form": form}, media=_MEDIA[form], take=take, timeout=_EXPORT)

    def request(self, request: str) -> Request:
        """One request, as it stands."""
        return shaped(self._calls.get(_of(request)), Request)

    def ask(
        self,
        entitlement: str,
        *,
        duration: str = "",
        start: str = "",
        justification: str = "",
        key: str = "",
        break_glass: bool = False,
    ) -> Summary:
        """Ask for access, from `start` (RFC 3339) on, else with its approval. The same `key` asks once.

        `break_glass`: it is an emergency, and what is asked for is access for those.
        """
        body: dict[str, object] = {
            "entitlement": entitlement,
            "duration": duration,
            "justification": justification,
        }
        # A service that is older than this client knows no such members, and needs to hear of them for no other.
        body |= ({"start": start} if start else {}) | ({"break_glass": True} if break_glass else {})
        return shaped(self._calls.post("/v1/requests", body, key=key), Summary)

    def extend(self, request: str, *, duration: str = "", justification: str = "", key: str = "") -> Summary:
        """Ask that access of one's own lasts for longer: a request of its own, which is returned."""
        body = {"duration": duration, "justification": justification}
        return shaped(self._calls.post(f"{_of(request)}/extend", body, key=key), Summary)

    def approve(self, shown: Request, *, comment: str = "", several: bool = False, key: str = "") -> Summary:
        """Approve what was shown, and nothing else: its revision and digest are sent.

        `several`: for as many calls of a tool as that offers.
        """
        more = {"several": True} if several else {}
        return self._vote(shown, "approve", {"comment": comment, **more}, key=key)

    def deny(self, shown: Request, *, reason: str, key: str = "") -> Summary:
        """Deny what was shown."""
        return self._vote(shown, "deny", {"reason": reason}, key=key)

    def offer(
        self,
        shown: Request,
        *,
        duration: str = "",
        keep: Sequence[int] | None = None,
        comment: str = "",
        key: str = "",
    ) -> Summary:
        """Offer less than what was shown: for so long, and of a bundle the targets with these numbers (from 0)."""
        kept = None if keep is None else list(keep)
        return self._vote(shown, "offer", {"duration": duration, "keep": kept, "comment": comment}, key=key)

    def accept(self, shown: Request, *, key: str = "") -> Summary:
        """Accept what is offered in place of one's own request, as it was shown."""
        if shown.offer is None:
            raise ValueError("nothing is offered instead of this request")
        body = {"revision": shown.offer.revision, "digest": shown.offer.digest}
        return shaped(self._calls.post(f"{_of(shown.id)}/accept", body, key=key), Summary)

    def take_back(self, shown: Request, *, key: str = "") -> Summary:
        """Take one's own approval of what was shown back."""
        return self._vote(shown, "take_back", {}, key=key)

    def end(self, request: str, *, reason: str = "", key: str = "") -> Summary:
        """End one's own access, or with a reason that of somebody else."""
        return shaped(self._calls.post(f"{_of(request)}/end", {"reason": reason}, key=key), Summary)

    def withdraw(self, request: str, *, key: str = "") -> Summary:
        """Withdraw one's own request that waits."""
        return shaped(self._calls.post(f"{_of(request)}/withdraw", {}, key=key), Summary)

    def review(self, request: str, *, justified: bool, reason: str, key: str = "") -> Summary:
        """Say of somebody's emergency whether it was justified, and why."""
        body = {"justified": justified, "reason": reason}
        return shaped(self._calls.post(f"{_of(request)}/after_review", body, key=key), Summary)

    def freezes(self) -> Freezes:
        """All that is frozen, for administrators."""
        told = self._calls.get("/v1/freezes")
        return shaped(told, Freezes, items=_items(told))

    def freeze(self, of: str, name: str = "", *, reason: str, key: str = "") -> Freeze:
        """Freeze `everything`, an `entitlement` or action by its id, or a `person` by their address."""
        return shaped(self._calls.post("/v1/freezes", {"of": of, "name": name, "reason": reason}, key=key), Freeze)

    def thaw(self, of: str, name: str = "", *, reason: str, key: str = "") -> Freeze:
        """Lift such a freeze, and return what it was."""
        return shaped(self._calls.post("/v1/thaws", {"of": of, "name": name, "reason": reason}, key=key), Freeze)

    def absence(self) -> Absence:
        """Whether one is away, and for whom one stands in."""
        return shaped(self._calls.get("/v1/absence"), Absence)

    def leave(self, *, until: str, delegate: str, key: str = "") -> Absence:
        """Be away until then, as people type it or in RFC 3339, with somebody who stands in."""
        body = {"until": until, "delegate": delegate}
        return shaped(self._calls.post("/v1/absence", body, key=key, method="PUT"), Absence)

    def back(self, *, key: str = "") -> Absence:
        """Be back."""
        return shaped(self._calls.post("/v1/absence", {}, key=key, method="DELETE"), Absence)

    def wait(self, request: str, *, timeout: float) -> Request:
        """Wait until a request is decided and its access is there or not to be; return it as it then is.

        After `timeout` seconds it is returned as it is, `pending` or with its access `activating`. A service that
        does not answer meanwhile is asked again until then.
        """
        end = time.monotonic() + timeout
        found: Request | None = None
        while True:
            left = max(end - time.monotonic(), 0.0)
            try:
                found = self._held(request, found, left)
            except Unreachable:
                if time.monotonic() >= end:
                    raise
                time.sleep(min(_SOON, max(end - time.monotonic(), 0.0)))
                continue
            if not is_open(found) or time.monotonic() >= end:
                return found

    def _held(self, request: str, known: Request | None, left: float) -> Request:
        if known is None:
            return shaped(self._calls.get(_of(request), timeout=left + _GRACE), Request)
        hold = int(min(left, _HOLD if known.state == "pending" else _SOON))
        if not hold:
            time.sleep(min(left, 1.0))
        query = {"wait": hold, "since": known.version} if hold else {}
        return shaped(self._calls.get(_of(request), query, hold=hold, timeout=left + _GRACE), Request)

    def _vote(self, shown: Request, verdict: str, more: Mapping[str, object], *, key: str) -> Summary:
        body = {"revision": shown.revision, "digest": shown.digest, **more}
        return shaped(self._calls.post(f"{_of(shown.id)}/{verdict}", body, key=key), Summary)

    def _list(self, path: str, query: Mapping[str, object], shape: type[Shape]) -> Shape:
        """A list, of all its pages."""
        items: list[Mapping[str, Any]] = []
        cursor: object = None
        while True:
            told = self._calls.get(path, {**query, "cursor": cursor})
            following = told.get("next")
            items += _items(told)
            if not following or following == cursor:
                return shaped(told, shape, items=items)
            cursor = following


def is_open(request: Request) -> bool:
    """Whether something is still to come: a decision, or the access that follows it."""
    return request.state == "pending" or (request.state == "approved" and request.access == "activating")


def _items(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    page = told.get("items")
    if not isinstance(page, list) or not all(isinstance(one, dict) for one in page):
        raise Unreachable("the service answers in another form than this version knows")
    return [{**one, "told": one} for one in page]


def _of(request: str) -> str:
    return f"/v1/requests/{quote(request, safe='')}"
