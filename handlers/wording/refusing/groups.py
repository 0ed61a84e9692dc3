"""Why somebody counts, or does not, by the group they are in."""

from approvals.policy.words import selector_in_words


def same_group(group: str) -> str:
    return (
        f"You are in {selector_in_words(group)}, as who asked is, so somebody who is not must decide on this."
        " Leave it to another approver."
    )
