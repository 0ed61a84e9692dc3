"""Keeps every message about a request true: posts, redraws, and calls those whose turn it is."""

import logging
from datetime import datetime, timedelta

import msgspec

from approvals.access.keeping import kept_by_others
from approvals.already import earlier
from approvals.deeds import Deeds, recorded
from approvals.ids import deeds_subject
from approvals.judging.case import Case
from approvals.ports.messages import ChannelError, Notice
from approvals.ports.store import Lease
from approvals.reconcile import emergencies, letters, soon
from approvals.reconcile.asking import Asking
from approvals.reconcile.failures import failed
from approvals.reconcile.message_means import MessageMeans
from approvals.reconcile.notices import deeds, wanted
from approvals.reconcile.others import wake_others
from approvals.reconcile.pinboard import CALL, LETTER, Pinboard
from approvals.reconcile.posts import Post, Posts
from approvals.reconcile.rolls import stage_key
from approvals.reconcile.runner import Left
from approvals.refusals.errors import Unavailable
from approvals.requests import held_up, lives, undecided, under_freeze, unreviewed, votes_open
from approvals.telling.cards import Card, Unmailed

_FRESH = timedelta(hours=1)
_RECHECK = timedelta(seconds=5)
_SECOND = timedelta(seconds=1)
_KEPT = timedelta(seconds=30)
_MOMENT = timedelta(seconds=5)
_DRAWN = ("card", "status")
_ROUNDS = 5  # calls, letters and reminders are worked out one after the other
_log = logging.getLogger(__name__)


class Drawing:
    """One pass over the messages of one request."""

    def __init__(self, means: MessageMeans, lease: Lease, posts: Posts, case: Case) -> None:
        self._store = means.store
        self._tokens = means.tokens
        self._router = means.router
        self._clock = means.clock
        self._case = case
        grant = case.request.grant
        # Nothing can happen any more: a message that cannot be sent for long is given up.
        waits = undecided(case.request)
        settled = not waits and not unreviewed(case.request)
        self._over = settled and (grant is None or grant.removed or self._clock() >= grant.window.end)
        # Each action stands for itself: its card says nothing of others, however many wait beside it.
        beside = means.store.beside(case.request) if case.request.action is None else ()
        self._before = earlier(case.request, beside) if waits else None
        # What their cards say of this request is true no longer once it has been decided or has ended.
        self._others = [] if waits else [each.id for each in beside if undecided(each)]
        policy = case.policy.digest if waits else ""
        before = f"{self._before.id}.{self._before.state}" if self._before else ""
        self._kept = kept_by_others(case.request, means.store, now=self._clock(), beside=beside)
        keeping = "".join(f".{each.request}" for each in self._kept)
        # A freeze holds up what waits, and what is being set up.
        terms, asked = case.request.terms, case.request.requester
        held = held_up(case.request, now=self._clock())
        exempt = under_freeze(case.request)
        self._frozen = means.freeze.against(terms.entitlement, asked, exempt=exempt) if held else None
        frozen = f".frozen {self._frozen.stamp}" if self._frozen else ""
        self._drawn = f"{case.request.version}.{means.tokens.generation}.{policy}.{before}{keeping}{frozen}"
        self._deeds = self._done() if means.looks_back or posts.of("deeds").posted is not None else None
        if not settled:
            posts = letters.opened(case, posts, now=self._clock())
        self._board = Pinboard(means.store, lease, posts, means.clock)
        self._asking = Asking(case, self._board, means, frozen=self._frozen is not None)
        self._began = self._clock()

    @property
    def _version(self) -> str:
        """What messages say, in short. Whom no letter reaches is found out while they are worked on."""
        lapsed = "".join(f".lapsed {who}" for who in sorted(self._case.serving().lapsed))
        return self._drawn + _said(self._unmailed()) + lapsed

    def run(self) -> Left:
        """Bring every message up to date, as far as the lease lasts. What is noted is left to be kept."""
        try:
            due = self._brought_up()
        except Exception:
            # Whatever else fails: what stands is known, and not posted again.
            self._board.pay()
            raise
        return Left(due, self._board.noted)

    def _brought_up(self) -> datetime | None:
        request, posts, now = self._case.request, self._board.posts, self._clock()
        wake_others(self._store, request, posts, beside=self._others, version=self._version, now=now)
        for _ in range(_ROUNDS):
            if not self._all_brought_up():
                break
            if not self._asking.worked_out():
                return self._next()
            # What it calls for is sent by the same means, when all else stands.
            if not self._is_fresh():
                break
        return self._clock()

    def _is_fresh(self) -> bool:
        """What was read of the request a moment ago is so still, and need not be read anew."""
        if self._clock() - self._began > _MOMENT or self._board.is_late():
            return False
        request = self._case.request
        return self._store.versions([request.id]).get(request.id) == request.version

    def _all_brought_up(self) -> bool:
        """Bring up what ought to stand by what is known now; False where there is no time for all of it."""
        notices = self._notices()
        self._board.intend(each.key for each in notices if each.kind in _DRAWN)
        for notice in notices:
            call = LETTER if notice.kind == "letter" else CALL
            if self._board.is_late(call=call) or self._asks_too_late(notice):
                return False
            self._bring_up_to_date(notice)
        return True

    def _asks_too_late(self, notice: Notice) -> bool:
        """Somebody has voted since this pass began: a letter would ask for what is done, and stay so."""
        if not letters.asks(notice, self._board.posts.of(notice.key)):
            return False
        self._board.pay()
        return self._store.request(self._case.request.id).version != self._case.request.version

    def _unmailed(self) -> Unmailed | None:
        found = self._board.posts.addressed.get(stage_key(self._case))
        if found is None or not (found.unknown or found.more) or self._case.email.after is None:
            return None
        return Unmailed(unknown=found.unknown, more=found.more)

    def _notices(self) -> list[Notice]:
        """What ought to stand, and every card that stands although the policy now names another place."""
        every = [*wanted(self._case, self._board.posts, self._router, now=self._clock())]
        if self._deeds is not None or self._board.posts.of("deeds").posted is not None:
            every += [each for one in deeds(self._case, self._board.posts) for each in self._router.spread(one)]
        notices = [n for n in every if (self._frozen is None or n.kind != "letter") and not self._goes_on(n)]
        if self._case.request.erased is not None:
            # What still stands is drawn once more without texts. Nobody is told anything new of it.
            notices = [each for each in notices if self._board.posts.of(each.key).posted is not None]
        named = {notice.key for notice in notices}
        left = [
            key for key, post in self._board.posts.posts.items() if post.posted is not None and key not in named
        ]
        return notices + [Notice(key=k, kind="card", to=None) for k in left if k.partition(":")[0] == "card"]

    def _goes_on(self, notice: Notice) -> bool:
        """It tells of an end that is none, for the access was extended."""
        ends = notice.step == soon.ENDS and self._board.posts.of(notice.key).posted is None
        return ends and lives(self._case.request) and bool(self._kept)

    def _bring_up_to_date(self, notice: Notice) -> None:
        post = self._board.posts.of(notice.key)
        if self._waits(post, self._shown_by(notice)):
            return
        # Whoever may have been told of their turn is not told again.
        if (soon.is_once(notice) and post.begun) or letters.is_over(notice, post) or self._stands(notice, post):
            self._rest(notice, post)
            return
        begun = self._board.may_stand(notice.key)  # before this try
        try:
            if post.posted is None:
                post = self._post(notice)
            if soon.is_redrawn(notice) and self._stale(post, self._shown_by(notice)):
                self._redraw(notice, post)
        except (Unavailable, ChannelError) as error:
            self._note_failure(notice, error, begun=begun)

    def _stands(self, notice: Notice, post: Post) -> bool:
        """It shows what is so, whatever failed before: a redraw was refused, and all is as it was drawn by now."""
        stale = soon.is_redrawn(notice) and self._stale(post, self._shown_by(notice))
        return post.posted is not None and not stale

    def _rest(self, notice: Notice, post: Post) -> None:
        """Nothing comes of it now, so that the time of a try that is made no more must not stay due for ever."""
        if post.next is not None:
            self._board.note(notice.key, msgspec.structs.replace(post, tries=0, next=None))

    def _waits(self, post: Post, shown: str) -> bool:
        """Its time has not come. What only waits to be drawn once more is drawn sooner when there is news."""
        news = post.drawn not in ("", shown) and not post.tries
        return post.next is not None and self._clock() < post.next and not news

    def _post(self, notice: Notice) -> Post:
        # The intent is stored first: a crash after it posts again, and an orphan has no buttons.
        post = self._board.begin(notice.key)
        letter = notice.kind == "letter"
        card = self._card(notice, self._minted(notice)) if letter else self._card(notice)
        posted = self._router.post(notice, card, timeout=LETTER if letter else CALL)
        begun = soon.is_once(notice) and not soon.is_redrawn(notice)
        tried = post.tried if soon.is_redrawn(notice) else self._clock()
        stands = Post(posted=posted, reposts=post.reposts, begun=begun, tried=tried)
        if soon.is_redrawn(notice):
            # It is drawn at once.
            return self._board.keep(notice.key, stands)
        self._board.owe(notice.key, stands)
        return stands

    def _minted(self, notice: Notice) -> str:
        """A token for whoever is asked for a decision."""
        if notice.kind == "status" and self._case.request.counter is not None and undecided(self._case.request):
            return self._tokens.mint(self._case.request, act="accept", now=self._clock())
        asks = notice.kind == "card" or notice.step == "call" or (notice.kind, notice.step) == ("letter", "remind")
        if not asks or not votes_open(self._case.request) or self._is_barred(notice):
            return ""
        return self._tokens.mint(self._case.request, act="review", now=self._clock())

    def _is_barred(self, notice: Notice) -> bool:
        """It is the card of somebody who is asked no more and cannot decide, such as who stood in until now."""
        own = notice.kind == "card" and notice.to is None and notice.key.startswith("card:")
        person = notice.key.partition(":")[2].partition(" by ")[0]
        return own and votes_open(self._case.request) and self._case.rights.cannot(person)

    def _shown_by(self, notice: Notice) -> str:
        """What a message shows once it is drawn as things stand."""
        if notice.kind == "deeds":
            return f"deeds.{self._deeds.looks if self._deeds is not None else 'erased'}"
        return f"{self._version}.barred" if self._is_barred(notice) else self._version

    def _redraw(self, notice: Notice, post: Post) -> None:
        token = self._minted(notice)
        expires = self._tokens.expiry(self._case.request, now=self._clock()) if token else None
        key = self._tokens.key_of(token)
        if post.posted is not None:
            self._board.pay()
            self._router.redraw(post.posted, notice, self._card(notice, token), timeout=CALL)
        late = post.late if post.late is not None and self._clock() < post.late else None
        fresh = msgspec.structs.replace(
            post, drawn=self._shown_by(notice), expires=expires, key=key, tries=0, next=late, late=late
        )
        self._board.note(notice.key, fresh)

    def _card(self, notice: Notice, token: str = "") -> Card:
        card = self._case.card(
            token=token, before=self._before, kept=self._kept, frozen=self._frozen, unmailed=self._unmailed()
        )
        # The requester's own view is read by nobody else.
        reader = self._case.request.requester if notice.kind == "status" else ""
        return msgspec.structs.replace(card, reader=reader, deeds=self._deeds)

    def _done(self) -> Deeds | None:
        """What was found of what was done with its access. What was told stays true when nobody looks any more."""
        if not self._case.request.grants:
            return None
        found = recorded(self._store.recorded(deeds_subject(self._case.request.id)))
        return found if found.looks and self._case.request.erased is None else None

    def _stale(self, post: Post, shown: str) -> bool:
        if post.drawn != shown or post.late is not None or not self._tokens.accepts(post.key):
            return True
        return post.expires is not None and self._refresh_at(post.expires) <= self._clock()

    def _refresh_at(self, expires: datetime) -> datetime:
        # A token that lasts as long as its request needs no successor.
        return expires if expires >= self._case.request.terms.expires else expires - _FRESH

    def _note_failure(self, notice: Notice, error: Exception, *, begun: bool) -> None:
        """`begun`: it may have been standing before this was tried."""
        _log.warning("%s: %s not sent: %s", self._case.request.id, notice.key, error)
        post = self._board.posts.of(notice.key)
        self._board.keep(notice.key, failed(notice, post, error, begun=begun, over=self._over, now=self._clock()))

    def _next(self) -> datetime | None:
        # A message that nobody wants any more is not waited for.
        notices = self._notices()
        posts = [self._board.posts.of(notice.key) for notice in notices]
        moments = [post.next for post in posts if post.next is not None]
        if any(n.step.startswith("unmailed") and n.key not in self._board.posts.posts for n in notices):
            # A letter that was refused just now: who asked is told.
            moments.append(self._clock())
        request, now = self._case.request, self._clock()
        moments += [moment for moment in soon.moments(request) if moment > now]
        if later := [moment for moment in emergencies.moments(request) if moment > now]:
            moments += [*later, *self._asking.moments()]
        if self._kept:
            # Whoever ends another request does not know of this one, and its time ends by itself.
            moments += [now + _KEPT, *(each.until for each in self._kept if each.until > now)]
        if undecided(request):
            moments.append(request.terms.expires)
            moments += self._asking.moments()
            # A second later they count no more, and the card says so.
            moments += [until + _SECOND for until in self._case.serving().until.values()]
            # A message that waits after a failure is not due before its wait is over.
            renewed = [post.expires for post in posts if post.expires is not None and post.next is None]
            moments += [self._refresh_at(expires) for expires in renewed]
            if self._case.looks_met:
                moments.append(self._clock() + _RECHECK)
        return min(moments, default=None)


def _said(unmailed: Unmailed | None) -> str:
    """What cards say of it, for their version."""
    return f".unmailed {unmailed.more} {' '.join(unmailed.unknown)}" if unmailed is not None else ""
