"""What is said of what drifted in Google Cloud: what each kind means, and what mends it."""

from collections.abc import Mapping

from approvals.ports.targets import GranterError
from approvals.standing.drift import UNUSED, Found, Kind
from approvals.targets import GROUPS
from approvals.uses.drifting import Drift
from approvals.uses.searching import Unread
from handlers.wording.refusing.refusals import worded
from handlers.wording.text.amounts import many

HEADINGS: Mapping[Kind, str] = {
    "changed": "Ours, and somebody changed it",
    "missing": "Ours, and it is not there",
    "over": "Ours, and over",
    "lookalike": "Looks like ours, and is not",
    "standing": "Access that stands beside the policy",
    "unused": "Eligible, and not used",
    "unreadable": "Eligible, and its marker cannot be read",
}

MEANING: Mapping[Kind, str] = {
    "changed": "It names a request of this service, and its role, member, condition or title is another than what"
    " was made; or somebody is in a group for another time, for good, or as more than the member that a request"
    " made them. Countersign does not touch it. See in Google's audit log who changed it, and take it out by hand"
    " where nobody should have it.",
    "missing": "The grant lives by the records, and its binding or membership is gone. The service marks it"
    " revoked within two minutes, where it runs.",
    "over": "The binding or membership of a grant that is over. The service takes it out where it runs and still"
    " works on it. What it has taken out once, and somebody put back, `countersign drift --remove` takes out.",
    "lookalike": "It has our title, our description or a window as we write them, or ends as ours could, and no"
    " grant of this store made it: an activation of JIT Access, another installation's, or one by hand."
    " Countersign never touches it.",
    "standing": "A role or a group that people ask for here, and somebody has it without asking: for good, or for"
    " longer than anybody could ask for. Let them ask for it, and take it out by hand.",
    "unused": f"JIT Access's marker lets them ask, and in {UNUSED.days} days nobody asked here. What JIT Access"
    " itself gave is not seen. Take it out where nobody needs it.",
    "unreadable": "Nobody is eligible by it as it is written.",
}

UNTOLD = (
    "Eligible bindings that nobody used are not listed:"
    f" the requests of the last {UNUSED.days} days are not whole in this store."
)


def looked_at(found: Drift) -> str:
    """What was looked at, behind "on"."""
    named = {each.resource for each in found.unread} - {found.scope}
    groups = {each for each in named if each.startswith(GROUPS)}
    said = f"{found.covered - len(named - groups)} of {many(found.covered, 'covered resource')}"
    if found.groups:
        said += f" and in {found.groups - len(groups)} of {many(found.groups, 'group')}"
    if not found.scope:
        return said
    return f"{said}, and on {found.searched} that Asset Inventory has bindings of in {found.scope}"


def handed_down(found: Found) -> str:
    """To how many projects below it comes, where that is known."""
    if not found.below:
        return ""
    return f"also on {many(found.below, 'project')} below with that role"


def given(found: Found) -> str:
    """Whether it gives access now, as far as its condition tells."""
    if found.kind in ("unused", "unreadable", "missing"):
        return ""
    return "gives access" if found.gives else "gives no access now: its window is over, or has not begun"


_HOW: Mapping[str, str] = {
    "late": "it was not read in time. Look again",
    "nobody": "nobody asks Asset Inventory here, so what IAM offers there is not known",
    "projects": "there are more projects than are searched. Narrow `projects` of sources.jit_access in the policy",
    "bindings": "of the bindings that stand there, the first {count} were looked at."
    " `countersign drift` goes through all",
}


def unread(found: Unread) -> str:
    """Why a policy could not be looked at."""
    error = found.error
    if error is None:
        return f"{found.resource}: {_HOW[found.how].format(count=found.count)}"
    said = worded(error.reason) if isinstance(error, GranterError) else str(error)
    return f"{found.resource}: {said}"
