"""What only people can judge in what applications may ask for: it works, and may be more than is meant."""

from collections.abc import Iterator
from decimal import Decimal

from approvals.policy.comparing import Comparison
from approvals.policy.guardrails import SUBJECT
from approvals.policy.model import Action, Entitlement, Policy
from approvals.policy.parties import Issuer
from approvals.policy.reading.actions import WrittenAction
from approvals.policy.reading.applications import WrittenApplication
from approvals.policy.reading.document import Problem, problem_at
from approvals.policy.reading.entitlements import Written
from approvals.policy.reading.guardrails import WrittenGuardrail
from approvals.policy.reading.issuers import WrittenIssuer
from approvals.policy.selectors import is_quiet, people

_TYPED = ("entra", "google")
"""Kinds of issuers whose tokens tell guests from others without a claim that the policy names."""

_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_CEILINGS = ("<", "<=")
_FLOORS = (">", ">=", "==")


def of_issuer(policy: Policy, written: WrittenIssuer, source: str) -> Iterator[Problem]:
    """Domains whose people cannot sign in here, whoever vouches for them."""
    for name, node in written.domains:
        if name not in policy.identity.domains:
            text = f"nobody of {name} can be asked for, for it is not in identity.domains"
            yield problem_at(node, source, "domain-of-nobody", text, warning=True)


def of_quiet(
    policy: Policy, written: Written | WrittenAction, asked: Entitlement | Action | None, source: str
) -> Iterator[Problem]:
    """Stages of which nobody is told, for whoever approves there is quiet."""
    if written.quiet is None or asked is None:
        return
    for each in written.stages:
        found = people(policy, each.stage.approvers)
        if not found.others and all(is_quiet(policy, asked.id, who) for who in found.known):
            text = f"nobody is told of stage {each.number}: whoever approves there is quiet"
            yield problem_at(written.quiet, source, "nobody-told", text, warning=True)


def of_application(written: WrittenApplication, source: str) -> Iterator[Problem]:
    """An application that can ask for nobody."""
    if not written.application.brings and not written.application.may_assert:
        text = f"{written.application.id} can ask for nobody: write whose tokens it “brings”"
        yield problem_at(written.node, source, "speaks-for-nobody", text, warning=True)


def of_action(policy: Policy, written: WrittenAction, source: str) -> Iterator[Problem]:
    """Guardrails that let something through without anybody, or that say nothing of some people."""
    for each in written.guardrails:
        if each.guardrail.then == "allow":
            yield problem_at(each.node, source, "allow-alone", _alone(policy, written), warning=True)
            for name in _any_currency(each):
                text = (
                    f"this allows any currency: {name} is an amount, and a plain number has none."
                    f" Look at {name}_currency as well"
                )
                yield problem_at(each.node, source, "any-currency", text, warning=True)
            for name in _below_zero(each):
                text = f"this allows amounts below zero as well: look at {name} > 0 beside its upper limit"
                yield problem_at(each.node, source, "below-zero", text, warning=True)
        for text in _silent(policy, written, each):
            yield problem_at(each.node, source, "absent-claim", text, warning=True)


def _alone(policy: Policy, written: WrittenAction) -> str:
    text = "what this lets through needs nobody else's approval"
    application = policy.applications.get(written.application)
    if application is not None and application.may_assert:
        text += f"; whom {application.id} names by its own word alone has to confirm it first"
    return text


def _any_currency(written: WrittenGuardrail) -> tuple[str, ...]:
    """The amounts that are compared with a plain number while nobody looks at their currency."""
    looked = {each.name for each in written.compiled.taken.named if each.of == "params"}
    names = dict.fromkeys(name for name, _, _ in _compared(written))
    return tuple(f"params.{name}" for name in names if f"{name}_currency" not in looked)


def _below_zero(written: WrittenGuardrail) -> tuple[str, ...]:
    """The amounts that have an upper limit, and none at zero or above it below which they are not allowed."""
    compared = [*_compared(written)]
    floors = {name for name, sign, number in compared if sign in _FLOORS and number >= 0}
    names = dict.fromkeys(name for name, sign, _ in compared if sign in _CEILINGS)
    return tuple(f"params.{name}" for name in names if name not in floors)


def _compared(written: WrittenGuardrail) -> Iterator[tuple[str, str, Decimal]]:
    """Each amount that is compared with a plain number, as if it stood first."""
    for each in written.compiled.taken.flags.values():
        if not isinstance(each, Comparison):
            continue
        for name, sign, other in ((each.left, each.sign, each.right), (each.right, _TURNED[each.sign], each.left)):
            if isinstance(name, str) and isinstance(other, Decimal) and name in written.compiled.amounts:
                yield name, sign, other


def _silent(policy: Policy, written: WrittenAction, guardrail: WrittenGuardrail) -> Iterator[str]:
    """Say which issuer never says a claim that a guardrail looks at."""
    application = policy.applications.get(written.application)
    brought = application.brings if application is not None else ()
    issuers = [policy.issuers[each.issuer] for each in brought if each.issuer in policy.issuers]
    for name in dict.fromkeys(each.name for each in guardrail.compiled.claims if each.name not in SUBJECT):
        for issuer in dict.fromkeys(issuer.id for issuer in issuers if not _says(issuer, name)):
            yield (
                f"{issuer} never says {name}: for whoever it vouches for, subject.{name} is empty."
                f" Name the claim under its “claims”"
            )


def _says(issuer: Issuer, name: str) -> bool:
    return name in issuer.claims or (name == "type" and issuer.kind in _TYPED)
