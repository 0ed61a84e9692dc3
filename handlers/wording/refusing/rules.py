"""Sentences about guardrails over all entitlements and about rules: what they refuse, and what to do."""


def never_given(*, title: str, roles: tuple[str, ...]) -> str:
    return (
        f"{title} would give {' and '.join(roles)}, which the policy's guardrails never give. Choose something"
        " smaller, or ask whoever writes the policy."
    )


def never_alone(*, title: str, resource: str) -> str:
    if resource.startswith("entitlements/"):
        return (
            f"Nobody gets {title} without somebody else, by the policy's guardrails, and it asks nobody. Choose"
            " something that somebody approves."
        )
    return (
        f"On {resource} nobody gets anything without somebody else, by the policy's guardrails, and {title} asks"
        " nobody. Choose something that somebody approves."
    )


def not_when(*, title: str, rule: str, zone: str) -> str:
    return (
        f"{title} is not offered now, or not for this: the policy offers it where `{rule}` (times are of {zone})."
        " Ask again when that holds, or choose something else."
    )


def when_fails(*, title: str, rule: str) -> str:
    return (
        f"When {title} is offered cannot be answered for what you ask, so it is not: `{rule}` fails. Tell whoever"
        " writes the policy."
    )


def unfit_vote(*, rule: str, zone: str) -> str:
    return (
        f"As you would give it, your approval does not count: the policy takes approvals of this where `{rule}`"
        f" (times are of {zone}). Approve in a way of which that holds, such as on its page, or leave it to"
        " others; you can deny it here."
    )


def unfit_rule(*, rule: str) -> str:
    return (
        f"Whether your approval counts cannot be answered, so it does not: `{rule}` fails. Tell whoever writes the"
        " policy; you can deny it here."
    )
