"""The sentences of Google's limits on an IAM policy, and of organization policies: each says what mends it."""

from handlers.wording.text.lines import series

_LATER = (
    "Whoever manages that policy can take out what is over, or name groups in the place of people. Then ask again."
)


def principals(*, resource: str, needed: int, most: int) -> str:
    return (
        f"The IAM policy of {resource} has no room: with this it would name {needed:,} principals, and Google"
        f" takes {most:,}, each counted as often as it is named. {_LATER}"
    )


def same(*, resource: str, roles: tuple[str, ...], person: str, most: int) -> str:
    return (
        f"{person} has {series(list(roles))} on {resource} in {most} bindings with different conditions, and"
        " Google takes no more. Whoever manages its IAM policy can take out those that are over. Then ask again."
    )


def ungrantable(*, resource: str, roles: tuple[str, ...]) -> str:
    return (
        f"Google does not let {series(list(roles))} be granted on {resource}: there is no such role, it belongs"
        " elsewhere, or the API of its service is not enabled. Tell whoever writes the policy."
    )


def outside(*, domain: str, resource: str) -> str:
    return (
        f"An organization policy (iam.allowedPolicyMemberDomains) lets nobody of {domain} have access on"
        f" {resource}. Ask with an account of an organization that it allows, or have yours allowed there."
    )


def forbidden(*, name: str, said: str) -> str:
    return (
        f"Google refused: an organization policy ({name}) forbids it. {said}. Its administrators can allow it for"
        " this resource."
    )
