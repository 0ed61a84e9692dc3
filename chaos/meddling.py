"""What other hands do around the service: in IAM policies, in groups, and in the policy file."""

from chaos import joined
from chaos.chat import Chat
from chaos.outside import Outside
from chaos.script import Act
from chaos.teams import Seat

MEDDLING = frozenset({"foreign", "unforeign", "strip", "let_in", "take_out", "strip_team", "policy"})


class Meddling:
    """Each act by its verb."""

    def __init__(self, outside: Outside, *, chat: Chat) -> None:
        self._outside, self._chat = outside, chat

    def play(self, act: Act) -> None:
        getattr(self, f"_{act.verb}")(act)

    def _foreign(self, act: Act) -> None:
        self._outside.add(act)

    def _unforeign(self, act: Act) -> None:
        self._outside.remove(act)

    def _strip(self, act: Act) -> None:
        self._outside.strip(act, is_active=self._is_active)

    def _let_in(self, act: Act) -> None:
        self._outside.teams.add(act, making=self._making)

    def _take_out(self, act: Act) -> None:
        self._outside.teams.remove(act)

    def _strip_team(self, act: Act) -> None:
        self._outside.teams.strip(act, making=self._making)

    def _policy(self, act: Act) -> None:
        self._outside.edit(act)

    def _is_active(self, request: str) -> bool:
        grant = self._chat.records.request(request).grant
        return grant is not None and grant.state != "activating"

    def _making(self, seat: Seat) -> list[str]:
        return joined.making(self._chat.records, seat)
