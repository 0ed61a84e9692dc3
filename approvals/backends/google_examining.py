"""What Google lets the service do of what its policy needs: the resources, eligible bindings, groups and users."""

import time
from collections.abc import Iterable, Iterator

import msgspec

from approvals.backends import google_credentials
from approvals.backends.catalogs.asset_inventory import AssetInventory
from approvals.backends.directories.cloud_identity import CloudIdentity
from approvals.backends.directories.workspace_users import WorkspaceUsers
from approvals.backends.google_credentials import CredentialsError
from approvals.backends.google_look import GoogleLook
from approvals.policy.lookups import named
from approvals.policy.model import Policy
from approvals.policy.selectors import directory_groups, people
from approvals.ports.examining import Diagnosis, found
from approvals.refusals.errors import CountersignError, NotFound, Refused, Unavailable
from approvals.targets import joined_group, roles_of_iam

CLOUD, ASSET, DIRECTORY = "google", "asset", "directory"
_CALL = 5.0
_NO_TIME = "there was no time left"
_MEMBERS = 200


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked about. `base_url` leads to an emulator; all of it lasts `timeout` seconds at most."""

    policy: Policy
    base_url: str | None
    directory_users: bool
    timeout: float


def cloud(asked: Asked) -> Iterator[Diagnosis]:
    """Whether the service can read and change the IAM policies of what its policy grants on."""
    left = _Left(asked.timeout)
    entitlements = asked.policy.entitlements.values()
    places = dict.fromkeys(target.resource for each in entitlements for target in roles_of_iam(each.targets))
    if not places:
        yield found(CLOUD, "ok", "google.unused")
        return
    if not asked.base_url and (unknown := _who(left)) is not None:
        yield unknown
        return
    look, good = GoogleLook(base_url=asked.base_url), 0
    for resource in places:
        if left.over:
            yield found(CLOUD, "unknown", "google.unanswered", what="the rest", said=_NO_TIME)
            return
        seen = _rights(look, resource, left)
        good += seen is None
        if seen is not None:
            yield seen
        if seen is not None and seen.code in _OF_ALL:
            return
    if good:
        yield found(CLOUD, "ok", "google.ok", count=good)


def _who(left: "_Left") -> Diagnosis | None:
    """Why Google does not know this service; None where it does."""
    try:
        google_credentials.find_within(left())
    except CredentialsError as error:
        return found(CLOUD, "wrong", "google.credentials", said=error)
    except TimeoutError:
        return found(CLOUD, "unknown", "google.unanswered", what="who this service is", said=_NO_TIME)
    return None


def _rights(look: GoogleLook, resource: str, left: "_Left") -> Diagnosis | None:
    """What is wrong with the rights on a resource; None where nothing is."""
    try:
        lacking = look.lacking(resource, timeout=left())
    except CountersignError as error:
        return _meant(CLOUD, resource, error)
    missing = " and ".join(lacking)
    return found(CLOUD, "wrong", "google.lacking", resource=resource, lacking=missing) if lacking else None


def asset(asked: Asked) -> Iterator[Diagnosis]:
    """Whether what IAM offers can be read, where the policy names it as a source; nothing where it does not."""
    source, left = asked.policy.source, _Left(asked.timeout)
    if source is None:
        return
    catalog = AssetInventory(base_url=asked.base_url)
    try:
        catalog.require_readable(source.scope, query=source.query, timeout=left())
    except CountersignError as error:
        yield _meant(ASSET, source.scope, error)
    else:
        yield found(ASSET, "ok", "asset.ok", scope=source.scope)


def directory(asked: Asked) -> Iterator[Diagnosis]:
    """Whether the groups that the policy names can be read, and the users where leavers are looked for."""
    left = _Left(asked.timeout)
    groups, good = CloudIdentity(base_url=asked.base_url), 0
    addresses = sorted(directory_groups(asked.policy, named(asked.policy)))
    for address in addresses:
        if left.over:
            yield found(DIRECTORY, "unknown", "google.unanswered", what="the rest", said=_NO_TIME)
            return
        try:
            _look_up(groups, address, left)
        except Refused:
            good += 1  # it is there, and larger than is worth listing
        except CountersignError as error:
            seen = _meant(DIRECTORY, address, error)
            yield seen
            if seen.code in _OF_ALL:
                break
        else:
            good += 1
    if good:
        yield found(DIRECTORY, "ok", "directory.ok", count=good)
    joined = [each.group for given in asked.policy.entitlements.values() if (each := joined_group(given.targets))]
    yield from _joining(groups, dict.fromkeys(joined), left)
    if asked.directory_users:
        yield _users(asked, left)
    elif not addresses and not joined:
        yield found(DIRECTORY, "ok", "directory.unused")


def _joining(groups: CloudIdentity, addresses: Iterable[str], left: "_Left") -> Iterator[Diagnosis]:
    """Whether people can be let into the groups that the policy gives, as far as reading shows it."""
    good = 0
    for address in addresses:
        try:
            why = groups.unjoinable(address, timeout=left())
        except CountersignError as error:
            yield _meant(DIRECTORY, address, error)
            continue
        good += not why
        if why:
            code = "joining.dynamic" if why == "dynamic" else "joining.edition"
            yield found(DIRECTORY, "wrong", code, group=address)
    if good:
        yield found(DIRECTORY, "ok", "joining.ok", count=good)


def _look_up(groups: CloudIdentity, address: str, left: "_Left") -> None:
    """Ask as a decision does: the editions of Google's that list members do not all answer that."""
    members = groups.members(address, most=_MEMBERS, timeout=left())
    for member in sorted(members)[:1]:
        groups.is_member(address, member, timeout=left())


def _users(asked: Asked, left: "_Left") -> Diagnosis:
    """Look somebody up whom the policy names: nobody has to be there, but this service must be let in."""
    known = sorted(people(asked.policy, named(asked.policy)).known)
    if not known:
        return found(DIRECTORY, "ok", "users.nobody")
    try:
        WorkspaceUsers(base_url=asked.base_url).left_at(known[0], timeout=left())
    except NotFound as error:
        if _code(error) == _FORBIDDEN:
            return _meant(DIRECTORY, "users", error)
    except Unavailable as error:
        return _meant(DIRECTORY, "users", error)
    return found(DIRECTORY, "ok", "users.ok")


_FORBIDDEN = 403
_OF_ALL = ("google.disabled", "google.credentials")
"""What is wrong with every call alike is said once."""


def _meant(part: str, what: str, error: CountersignError) -> Diagnosis:
    """What an error means for whoever runs the service."""
    from approvals.backends.google_rest import RestError  # noqa: PLC0415 - the call before this has loaded it

    cause = error.__cause__
    if not isinstance(cause, RestError):
        return found(part, "unknown", "google.unanswered", what=what, said=error)
    if cause.disabled:
        return found(part, "wrong", "google.disabled", enable=cause.disabled)
    if cause.silence == "credentials":
        return found(part, "wrong", "google.credentials", said=cause.__cause__ or cause)
    if cause.code in (400, _FORBIDDEN, 404):
        hidden = "users.hidden" if what == "users" else f"{part}.hidden"
        return found(part, "wrong", hidden, what=what, said=cause)
    said = f"{cause.code}: {cause}" if cause.code else cause.__cause__ or cause
    return found(part, "unknown", "google.unanswered", what=what, said=said)


def _code(error: CountersignError) -> int:
    return int(getattr(error.__cause__, "code", 0))


class _Left:
    """Seconds for the next call, of a time that all of them share."""

    def __init__(self, timeout: float) -> None:
        # What is found must be said before the whole part is given up.
        self._end = time.monotonic() + timeout * 0.9

    @property
    def over(self) -> bool:
        return time.monotonic() >= self._end

    def __call__(self) -> float:
        """What is asked with none left fails as one that is not answered."""
        return max(min(self._end - time.monotonic(), _CALL), 0.0)
