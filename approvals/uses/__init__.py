"""What people do, a module for each use. What changes something ends in one durable commit or raises."""

import msgspec

from approvals.answers import Answering, Marking
from approvals.uses.acting import Acting
from approvals.uses.administering import Administering
from approvals.uses.asking import Asking
from approvals.uses.confirming import Confirming
from approvals.uses.countering import Countering
from approvals.uses.deciding import Deciding
from approvals.uses.drift_shown import Drifting
from approvals.uses.drilling import Drilling
from approvals.uses.ending import Ending
from approvals.uses.facing import Facing
from approvals.uses.freezing import Freezing
from approvals.uses.heeding import Heeding
from approvals.uses.history import History
from approvals.uses.looking import Looking
from approvals.uses.measuring import Measuring
from approvals.uses.offering import Offering
from approvals.uses.receipting import Receipting
from approvals.uses.reviewing import Reviewing
from approvals.uses.seeing import Seeing
from approvals.uses.standing_in import StandingIn


class Uses(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that people do, whatever channel they came by. Who needs one part is given that part."""

    acting: Acting
    administering: Administering
    answering: Answering
    asking: Asking
    confirming: Confirming
    countering: Countering
    deciding: Deciding
    drifting: Drifting
    drilling: Drilling
    ending: Ending
    facing: Facing
    freezing: Freezing
    heeding: Heeding
    history: History
    looking: Looking
    measuring: Measuring
    marking: Marking
    offering: Offering
    receipting: Receipting
    standing_in: StandingIn
    reviewing: Reviewing
    seeing: Seeing
