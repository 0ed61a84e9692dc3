"""The sentences of what goes wrong outside: at Google, and at the receiver of a webhook."""

from collections.abc import Callable, Mapping

from approvals.refusals.codes import Code


def as_said(said: str) -> str:
    return said


def barred(*, roles: tuple[str, ...]) -> str:
    """Google does not say which of several roles it is."""
    said, several = "Google lets this service change who has access there, but not give", len(roles) > 1
    if several:
        return (
            f"{said} all of {', '.join(roles)}. See which of them the condition on the service's own role does not"
            " list."
        )
    return f"{said} {', '.join(roles)}. See whether the condition on the service's own role lists it."


def forbidden(*, said: str, permission: str) -> str:
    return f"Google refused: {said}. The service's account needs {permission}."


def unclear(*, status: int, said: str) -> str:
    return f"Google did not answer clearly ({status}): {said}"


def final(*, status: int, said: str) -> str:
    return f"Google refused ({status}): {said}"


def no_etag(resource: str) -> str:
    return f"Google did not say which version of the policy of {resource} it sent, so nothing was written."


def hidden(resource: str) -> str:
    return (
        f"Google shows the policy of {resource} without its conditions, so nothing is changed there: written back"
        " like that, others would lose theirs."
    )


def shape(*, resource: str, said: str) -> str:
    return (
        f"What Google shows of the policy of {resource} is not of the shape that Google documents, so nothing is"
        f" changed there: {said}."
    )


def version(*, resource: str, version: int) -> str:
    return (
        f"The policy of {resource} is of version {version}, which this release does not know, so nothing is"
        " changed there."
    )


def no_resource(resource: str) -> str:
    return f"{resource} is no project, folder or organization."


EDITIONS = "Workspace Enterprise Standard or Plus, Education Standard or Plus, or Cloud Identity Premium"
"""Where Google lets a membership expire."""


def group_edition(group: str) -> str:
    return (
        f"As far as Google shows, nobody can be let into {group} for a time: it answers no question about groups"
        f" inside groups there, which the same editions do that let memberships expire ({EDITIONS}). Whoever"
        " administers the directory can change the edition, or offer roles in the place of the membership."
    )


def group_forbidden(*, group: str, said: str) -> str:
    return (
        f"Google does not let this service change who is in {group}: {said}. Its account must be a manager of the"
        f" group or a Groups Administrator, and the edition must let memberships expire ({EDITIONS})."
    )


def group_hidden(group: str) -> str:
    return (
        f"There is no group {group} that this service may see. Its account must be a manager of it, or a Groups"
        " Administrator."
    )


def group_other(*, group: str, person: str) -> str:
    return (
        f"Google knows this person in {group} by another address, {person}, so nothing was left there."
        " Whoever writes the policy can join the two under identity.aliases, with that one first."
    )


def group_unread(group: str) -> str:
    return f"Who is in {group} could not be read, so nobody is let in. Ask again in a minute."


def group_held(group: str) -> str:
    return (
        f"Whoever asks is in {group} already, by a membership that is not ours, and that is left as it is. Whoever"
        " gave it can take it away, and then this can be asked for."
    )


def silent_receiver(*, said: str) -> str:
    return f"No whole answer came from its receiver, or it could not be signed: {said}"


def receiver_answered(*, status: int) -> str:
    return f"Its receiver answered with status {status}."


REFUSED: Mapping[Code, str | Callable[..., str]] = {
    "google.credentials": "Google cannot be asked with the credentials of this service, whose log says why.",
    "google.final": final,
    "google.forbidden": forbidden,
    "google.garbled": "Google's answer could not be read.",
    "google.hidden": hidden,
    "google.no_etag": no_etag,
    "google.no_resource": no_resource,
    "google.said": as_said,
    "google.shape": shape,
    "google.silent": "Google did not answer.",
    "google.unclear": unclear,
    "google.version": version,
    "grant.barred": barred,
    "group.edition": group_edition,
    "group.forbidden": group_forbidden,
    "group.held": group_held,
    "group.hidden": group_hidden,
    "group.other": group_other,
    "group.unread": group_unread,
    "webhook.gone": "Its receiver said that it is gone (410), so that address is called no more.",
    "webhook.nowhere": "The policy names no webhook for its application any more.",
    "webhook.silent": silent_receiver,
    "webhook.status": receiver_answered,
    "webhook.unended": "The service ended in its last try, so nobody knows whether it was taken.",
}
