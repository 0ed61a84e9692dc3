"""Works out who is called, written to and reminded on account of one request: kept before any of them is told."""

from datetime import datetime, timedelta

import msgspec

from approvals.judging.case import Case
from approvals.reconcile import escalation, letters, reminders
from approvals.reconcile.letters import Chat
from approvals.reconcile.message_means import MessageMeans
from approvals.reconcile.notices import chat, newly_asked, room
from approvals.reconcile.pinboard import CALL, Pinboard
from approvals.reconcile.posts import Posts
from approvals.reconcile.rolls import Roll, addressed, away, open_turn, roll, stage_key
from approvals.requests import unreviewed

_SILENT = timedelta(minutes=1)


class Asking:
    """Those who are asked about one request, or told of it, as far as the lease of its messages lasts."""

    def __init__(self, case: Case, board: Pinboard, means: MessageMeans, *, frozen: bool) -> None:
        self._case = case
        self._board = board
        self._router = means.router
        self._rolls = means.rolls
        self._clock = means.clock
        self._frozen = frozen

    def worked_out(self) -> bool:
        """Whether somebody more is to be told now; what it calls for is sent by the same means as all else."""
        return self._call_up() or self._address() or self._remind()

    def moments(self) -> list[datetime]:
        """When somebody is next to be asked or told once more; while nothing can be decided nobody is."""
        if self._frozen or open_turn(self._case) is None:
            return []
        given = self._case, self._posts, self._chat
        due = letters.moments(*given) if self._router.letters else ()
        mails = [each for each in due if each > self._clock()]
        mails += self._called_again()
        if unreviewed(self._case.request):
            return mails
        return [*mails, *reminders.moments(*given), *escalation.moments(*given)]

    def _called_again(self) -> list[datetime]:
        """When a directory that was silent is asked once more whom to call; without a card nobody is called."""
        called = self._posts.turns.get(stage_key(self._case))
        again = called.again if called is not None and self._posts.cards() else None
        return [again] if again is not None else []

    @property
    def _posts(self) -> Posts:
        return self._board.posts

    @property
    def _chat(self) -> Chat:
        return chat(self._case, self._posts)

    def _call_up(self) -> bool:
        """Work out, once for each stage, whose turn it is, and who else is asked as others leave or are back."""
        stage = stage_key(self._case)
        if not stage or not self._posts.cards() or self._board.is_late():
            return False
        before = self._posts.turns.get(stage)
        answers = before is not None and before.again is not None and before.again <= self._clock()
        if before is not None and before.away == away(self._case) and not answers:
            return False
        self._board.pay()
        waits = before is not None and before.whole
        told = self._posts.turns.values()
        called = self._uncarded(roll(self._case, self._rolls, told=told, waits=waits, timeout=CALL))
        if before is not None:
            # Others have left or are back. Who is known is called, and a directory that is silent is asked again.
            further = (*before.further, *called.people)
            called = msgspec.structs.replace(before, further=further, away=called.away, again=called.again)
        self._board.note_all(self._posts.calling(stage, called))
        return True

    def _uncarded(self, called: Roll) -> Roll:
        """Without those who get a card of their own as the stage opens, which tells them so."""
        if room(self._case):
            return called
        told = {who for who in newly_asked(self._case) if f"card:{who}" in self._posts.posts}
        return msgspec.structs.replace(called, people=tuple(who for who in called.people if who not in told))

    def _address(self) -> bool:
        """Work out, once their time has come, who gets letters of the open stage."""
        stage, now = stage_key(self._case), self._clock()
        if not self._asks_by_letter() or not letters.due(self._case, self._posts, self._chat, now=now):
            return False
        known = self._posts.addressed.get(stage)
        same = known is not None and known.away == away(self._case)
        if known is not None and same and (known.again is None or now < known.again):
            return False
        if self._board.is_late():
            return True
        self._board.pay()
        found = addressed(self._case, self._rolls, timeout=CALL, again=self._clock() + _SILENT)
        self._board.note_all(self._posts.addressing(stage, found))
        return True

    def _asks_by_letter(self) -> bool:
        """Letters ask nobody for what cannot be done now."""
        return bool(self._router.letters) and open_turn(self._case) is not None and not self._frozen

    def _remind(self) -> bool:
        """Work out, when it is due, who is reminded, and to whom else it is escalated."""
        emergency = self._case.request.after_review is not None  # its alarms have their own times
        if emergency or self._frozen or not stage_key(self._case) or self._board.is_late():
            return False
        given, now = (self._case, self._posts, self._chat), self._clock()
        if not any(moment <= now for moment in (*reminders.moments(*given), *escalation.moments(*given))):
            return False
        self._board.pay()
        ways = reminders.Ways(
            rolls=self._rolls, zone=self._router.zone, letters=bool(self._router.letters), timeout=CALL
        )
        found = reminders.decided(*given, ways, now=now) or escalation.decided(
            *given, self._rolls, timeout=CALL, now=now
        )
        if found is None:
            return False
        self._board.note_all(found)
        return True
