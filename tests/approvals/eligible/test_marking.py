"""What a condition says of eligibility, by JIT Access's own cases; and what it nearly says is named."""

import pytest

from approvals.eligible.marking import Marked, MarkError, marked

JIT, MPA = "has({}.jitAccessConstraint)", "has({}.multiPartyApprovalConstraint)"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{JIT} == true", "clause of its own"),
        (f"true == {JIT}", "clause of its own"),
        (f"{JIT} || true", "clause of its own"),
        (f"!{JIT}", "clause of its own"),
        (f"true ? {JIT} : false", "clause of its own"),
        (f"{JIT} && ({MPA} || a)", "clause of its own"),
        ("{}.jitAccessConstraint", "clause of its own"),
        (f"has({JIT})", "cannot be read"),
        ("has({}.jitAccesConstraint)", "Write has({}.jitAccessConstraint)"),
        ("has({}.multiPartyAprovalConstraint)", "Write has({}.multiPartyApprovalConstraint)"),
        ("has({}.jitAccessConstraint.topic)", "no topic"),
        ("has({}.multiPartyApprovalConstraint.a) && has({}.multiPartyApprovalConstraint.b)", "several topics"),
        ("has({}.externalApprovalConstraint.topic)", "no release"),
        ("has({}.reviewerPrivilege)", "no release"),
        (f"{JIT} &&", "cannot be read"),
        (f"{JIT} && x.all(i, i)", "cannot be read"),
        (f"{JIT} && 'open", "cannot be read"),
        (f"{JIT} && " + "(" * 300 + "a" + ")" * 300, "cannot be read"),
        (f"{JIT} && 'it\ud800'", "cannot be read"),
    ],
)
def test_what_only_looks_like_eligibility_is_refused_with_what_to_write(text: str, said: str) -> None:
    with pytest.raises(MarkError, match=r".") as refused:
        marked(text)

    assert said in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        'request.time < timestamp("2030-01-01T00:00:00Z")',
        'resource.name == "has({}.jitAccessConstraint)"',
        'has({"jitAccessConstraint": 1}.jitAccessConstraint)',
        "has(a.jitAccessConstraint)",
        "has({}.foo)",
        "junk (",
        "",
    ],
)
def test_what_has_nothing_to_do_with_eligibility_is_passed_over(text: str) -> None:
    assert marked(text) is None


@pytest.mark.parametrize(
    "text",
    [
        JIT,
        " \r\n\t has( {  }.jitAccessConstraint \t ) ",
        "HAS({}.JitacceSSConstraint)",
        f"({JIT})",
        f"{JIT} // temporary",
        f"{JIT} && {MPA}",
        f"{MPA} && {JIT}",
        f"has({{}}.multiPartyApprovalConstraint.topic) && {JIT}",
    ],
)
def test_the_marker_of_eligibility_alone_whatever_its_capitals_and_blanks(text: str) -> None:
    assert marked(text) == Marked(kind="self")


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        (MPA, ""),
        ("HAS( {\t} .MULTIPARTYapprovalConstraint)", ""),
        ("has({}.multiPartyApprovalConstraint.codeNinjas)", "codeninjas"),
        ("has({}.multiPartyApprovalConstraint.CODENINJAS) && true", "codeninjas"),
    ],
)
def test_the_marker_of_peers_and_their_topic(text: str, topic: str) -> None:
    found = marked(text)

    assert found is not None
    assert (found.kind, found.topic) == ("peers", topic)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        (f"{JIT} && resource.name=='x'", 'resource.name == "x"'),
        (f"resource.name=='x' && {JIT} && (b || c)", 'resource.name == "x" && (b || c)'),
        (f"a && ({JIT} && (b && c))", "a && b && c"),
        (f"{JIT} && (resource.name=='x' || resource.name=='y')", 'resource.name == "x" || resource.name == "y"'),
        (
            '// Require approval\n has({}.jitAccessConstraint)\n// disks\n&& resource.type == "compute/Disk"',
            'resource.type == "compute/Disk"',
        ),
        (f"{JIT} && resource.name == 'a && b'", 'resource.name == "a && b"'),
        (rf"{JIT} && resource.name == 'it\'s && {JIT}'", f'resource.name == "it\'s && {JIT}"'),
    ],
)
def test_what_holds_for_the_resource_is_what_stands_beside_the_marker(text: str, condition: str) -> None:
    assert marked(text) == Marked(kind="self", condition=condition)


def test_one_condition_written_in_two_ways_is_one() -> None:
    assert marked(f"{MPA} && resource.name=='x'") == marked(f'(resource.name   == "x") && {MPA} // x')
