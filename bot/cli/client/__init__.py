"""The commands that call a service through Identity-Aware Proxy, as one person or program.

Exit codes: 0 done, and where one waits: approved and the access is there; 1 refused, denied, withdrawn or expired;
2 unusable arguments, nobody answers, or nothing was decided in the time that one waits.
"""

from bot.cli.client.asking import extend, listed, request, status
from bot.cli.client.away import away, back
from bot.cli.client.deciding import accept, approve, deny, end, offer, review, take_back, withdraw
from bot.cli.client.freezing import freezes
from bot.cli.client.history import history
from bot.cli.client.login import login
from bot.cli.client.running import run

COMMANDS = (
    login,
    request,
    extend,
    status,
    listed,
    history,
    approve,
    deny,
    offer,
    accept,
    take_back,
    withdraw,
    end,
    review,
    freezes,
    away,
    back,
    run,
)

__all__ = ["COMMANDS"]
