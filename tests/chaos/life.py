"""What the state machine knows of its world, and what must be true of it."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from approvals.freezes import freezing
from approvals.grants import LIVE, Grant
from approvals.requests import Request, every_review
from approvals.reviews import Review
from approvals.targets import MEMBER
from approvals.terms.windows import window
from countersign_client.chain import verify
from sandbox.google.conditions import holds
from tests.chaos.bundles import begun, covers, is_of, parts_left
from tests.chaos.ice import ice, nothing_was_decided, nothing_was_widened
from tests.chaos.setting import PLACE, Setting
from tests.support.builders import NOW, OTHER, RESOURCE
from tests.support.world import APPROVERS

SECOND = timedelta(seconds=1)
STALE = timedelta(seconds=60)
DAY = timedelta(days=1)


class Life(Setting):
    """A state machine without rules."""

    # --- what must hold after every step

    def nothing_forbidden_is_true(self) -> None:
        for request in self.requests():
            if request.id not in self.whole:
                self.chain_is_whole(request)
                self.whole.add(request.id)
        self.windows_stand()
        self.no_vote_is_lost()
        self.no_access_outside_the_windows()
        self.what_is_removed_is_gone()
        self.nobody_elses_binding_is_touched()
        self.orphans_have_no_buttons()
        if self.ice is not None:
            nothing_was_decided(self.ice, self.requests())
            nothing_was_widened(self.ice, self.ours(), self.edges())

    def windows_stand(self) -> None:
        for request in self.requests():
            if request.grant is not None:
                self.window_stands(request)

    def chain_is_whole(self, request: Request) -> None:
        entries = self.disk.entries(request.id)
        verify(entries, request=request.id, head=self.disk.head(request.id))
        actions = [entry.action for entry in entries]
        final = {"request.approved", "request.denied", "request.withdrawn", "request.expired"}
        assert sum(action in final for action in actions) == (request.state != "pending")
        assert actions.count("grant.active") <= len(request.terms.targets)
        assert actions.count("grant.removed") <= len(request.terms.targets)
        assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)

    def window_stands(self, request: Request) -> None:
        """The grant has one window, as long as asked, and rests on people who may approve."""
        assert request.grant is not None
        assert {grant.window for grant in request.grants} == {request.grant.window}
        assert len({grant.state in LIVE for grant in request.grants}) == 1, "all of it lives, or none"
        if request.id not in self.windows:
            self.windows[request.id] = request.grant.window
            self.requirement_is_met(request)
        assert request.grant.window == self.windows[request.id]
        assert request.grant.window == window(request.terms, at=request.grant.window.start)

    def requirement_is_met(self, request: Request) -> None:
        """Derived from the audit chain and the group of this moment alone."""
        entries = self.disk.entries(request.id)
        if request.terms.entitlement == "logs":
            assert [entry.actor for entry in entries[:2]] == [request.requester, "countersign"]
            return
        last = {entry.actor: entry for entry in entries if entry.action.startswith("review.")}
        votes = {
            who: frozenset({entry.detail.get("behalf", who), *entry.detail.get("beside", ())})
            for who, entry in last.items()
            if entry.action == "review.approve" and who != request.requester
        }
        able = [who for who in votes if self.is_able(who, last[who].detail.get("behalf", who))]
        (stage,) = request.terms.requirement.stages
        (current,) = self.world.policy.entitlements[request.terms.entitlement].requirement.stages
        assert any(_are_apart(some, votes) for some in combinations(able, max(stage.needed, current.needed)))

    def is_able(self, who: str, right: str) -> bool:
        """They are here, and whose right they vote by approves: by what may be known of a minute ago."""
        members, minute = self.world.people.groups[APPROVERS], self.clock() - STALE
        is_member = right in members or self.left_at.get(right, NOW - 2 * DAY) >= minute
        return is_member and all(self.gone.get(each, minute) >= minute for each in (who, right))

    def no_vote_is_lost(self) -> None:
        reviews = [(request.id, review) for request in self.requests() for review in every_review(request)]
        assert self.votes <= {(name, each.person, each.verdict, _said(each)) for name, each in reviews}

    def no_access_outside_the_windows(self) -> None:
        granted = begun(self.requests())
        moments = self.edges()
        for binding in self.ours():
            for moment in moments:
                if holds(binding["condition"]["expression"], at=moment, resource={}):
                    assert any(covers(request, binding, moment) for request in granted)

    def edges(self) -> set[datetime]:
        """The moments at which access may begin or end, and now."""
        windows = [r.grant.window for r in self.requests() if r.grant is not None]
        edges = {edge for window in windows for edge in (window.start, window.end)}
        return {moment for edge in edges for moment in (edge - SECOND, edge, edge + SECOND)} | {self.clock()}

    def what_is_removed_is_gone(self) -> None:
        """Every binding of ours belongs to a grant that is not yet said to be removed."""
        left = [each for r in self.requests() for each in parts_left(r)]
        for binding in self.ours():
            assert any(
                is_of(r, target, binding)
                and holds(binding["condition"]["expression"], at=self.since(binding, grant), resource={})
                for r, target, grant in left
            )

    def since(self, binding: Mapping[str, Any], grant: Grant) -> datetime:
        """A moment at which what was made for a grant gives access: of a membership nobody knows its first one."""
        return self.clock() if binding["role"] == MEMBER else grant.window.start

    def nobody_elses_binding_is_touched(self) -> None:
        kept = [binding for binding in self.bindings() if binding in self.foreign]
        assert sorted(map(repr, kept)) == sorted(map(repr, self.foreign))

    def orphans_have_no_buttons(self) -> None:
        for request in self.requests():
            on_cards = [m for m in self.room.of(request.id, "card") if m.token]
            assert len(on_cards) <= 1

    def note_freeze(self) -> None:
        """Remember how it was when all was frozen, or that it is not, whether or not the answer arrived."""
        if not freezing.read(self.disk).frozen:
            self.ice = None
        elif self.ice is None:
            self.ice = ice(self.requests(), self.ours(), self.granter.under_way)

    # --- what must hold once everything has had its turn

    def cards_are_true(self) -> None:
        for request in self.requests():
            for message in (each for each in self.room.of(request.id) if each.drawn is not None):
                assert message.drawn is None or message.drawn.request == request
                takes = request.counter is not None and message.notice.kind == "status"
                if request.state == "pending" and (takes or message.notice.kind == "card"):
                    self.world.tokens.open(message.token, act="accept" if takes else "review", now=self.clock())
                else:
                    assert not message.token

    def bindings_are_as_granted(self) -> None:
        for request in self.requests():
            if request.grant is None or request.grant.state == "scheduled":
                continue
            assert request.grant.state != "activating"
            if request.grant.state == "active":
                # What is an approval alone is nowhere in Google Cloud.
                assert self.access(request) != request.approval_only
                assert self.clock() < request.grant.window.end
            else:
                assert request.grant.removed or request.grant.state == "failed"
        active = [r for r in self.requests() if r.grant is not None and r.grant.state == "active"]
        for binding in self.ours():
            assert any(covers(request, binding, self.clock()) for request in active)

    def nobody_is_revoked_without_cause(self) -> None:
        for request in self.requests():
            grant = request.grant
            if grant is not None and request.id in self.struck:
                assert grant.state not in LIVE
            if grant is not None and grant.cause == "outside":
                assert request.id in self.touched

    def nothing_is_left_to_do(self) -> None:
        """A second pass over everything changes nothing."""
        before = self.everything_done()
        for request in self.requests():
            self.world.reconciler.subject(f"request:{request.id}")
            for place in (RESOURCE, OTHER, PLACE):
                self.world.reconciler.subject(f"binding:{place}")
        after = self.everything_done()
        assert before == after, (before, after)

    def everything_done(self) -> dict[str, Any]:
        drawn = {ts: (m.notice.key, m.deleted, m.drawn and m.drawn.token) for ts, m in self.room.messages.items()}
        versions = {request.id: (request.state, request.version) for request in self.requests()}
        return {"writes": self.granter.writes, "calls": self.room.calls, "drawn": drawn, "versions": versions}


def _are_apart(people: Collection[str], beside: Mapping[str, Collection[str]]) -> bool:
    """None of them counts as one with another of them."""
    return not any(other in beside[one] or one in beside[other] for one, other in combinations(people, 2))


def _said(review: Review) -> str:
    return review.comment.text if review.comment is not None else ""
