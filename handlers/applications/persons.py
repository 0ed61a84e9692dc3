"""On whose behalf a call asks, by the one way that it names."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import msgspec

from approvals.changes import Mark
from approvals.people.persons import OnBehalf
from approvals.policy.parties import Application
from approvals.refusals.errors import Refused
from handlers.applications import bodies
from handlers.applications.bodies import OnBehalfOf
from handlers.identity.oidc import Asserted, People
from handlers.identity.stepup import StepUps
from handlers.wire.problems import Fault
from handlers.wording.refusing.refusals import told

_ONE = "The member on_behalf_of says exactly one of token, iap_assertion and asserted."


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """A person, and what is kept of the token where it serves once."""

    person: OnBehalf
    mark: Mark | None = None


class Persons:
    """Reads the member `on_behalf_of`."""

    def __init__(self, people: People, step_ups: StepUps) -> None:
        self._people = people
        self._step_ups = step_ups

    def brought(self, application: Application, said: OnBehalfOf, digest: str, *, now: datetime) -> Brought:
        """The person. Raises `Fault`, `Refused` of kind `token`, or `Unavailable`. What proves nothing is a 401.

        A token that answers a demand of ours serves for the call with this digest alone, and once.
        """
        with _proving():
            if said.token:
                _require_one(said)
                return self._by_token(application, said.token, digest, now=now)
            return Brought(person=self._person(application, said, now=now))

    def known(self, application: Application, said: OnBehalfOf, *, now: datetime) -> OnBehalf:
        """Who somebody is. Raises as `brought` does. A token that serves once serves afterwards as well."""
        with _proving():
            return self._person(application, said, now=now)

    def _person(self, application: Application, said: OnBehalfOf, *, now: datetime) -> OnBehalf:
        _require_one(said)
        if said.token:
            return self._people.person(application, said.token, now=now)
        if said.iap_assertion:
            return self._people.behind_proxy(application, said.iap_assertion, now=now)
        return self._people.asserted(application, _told(said.asserted), now=now)

    def _by_token(self, application: Application, token: str, digest: str, *, now: datetime) -> Brought:
        found = self._people.brought(application, token, now=now)
        return Brought(person=found.person, mark=self._step_ups.spent(found, application.id, digest, now=now))


@contextmanager
def _proving() -> Iterator[None]:
    """What proves nobody is a 401."""
    try:
        yield
    except Refused as refused:
        if refused.code != "token.person":
            raise
        raise Fault(401, "token", told(refused)) from None


def _require_one(said: OnBehalfOf) -> None:
    if [bool(said.token), bool(said.iap_assertion), said.asserted is not None].count(True) != 1:
        raise Fault(422, "member", _ONE, field="on_behalf_of")


def _told(said: bodies.Asserted | None) -> Asserted:
    if said is None:
        raise Fault(422, "member", _ONE, field="on_behalf_of")
    return Asserted(email=said.email, claims=said.claims, auth_time=said.auth_time, acr=said.acr, amr=said.amr)
