"""What may still be written of IAM policies while everything is frozen: nothing that gives anybody more.

Access may end, and where one of two overlapping grants ends, a shorter binding takes the place of a longer one.
"""

from collections.abc import Collection, Iterable, Mapping

import msgspec

from approvals.access.bindings import Key, Mark, Wanted, window_of, written
from approvals.grants import Window, union
from approvals.ports.targets import Binding


class _Span(msgspec.Struct, frozen=True):
    key: Key
    window: Window


def narrows(*, add: Iterable[Binding | Mark], remove: Iterable[Binding | Mark]) -> bool:
    """Say whether a write gives nobody more: each window that it adds lies inside one that it replaces."""
    replaced = [span for binding in remove if (span := _span(binding)) is not None]
    return all(any(_lies_inside(_span(binding), other) for other in replaced) for binding in add)


def narrowed(
    want: Mapping[Mark, Wanted],
    present: Iterable[Binding | Mark],
    windows: Mapping[str, Window],
    given: Collection[str],
) -> dict[Mark, Wanted]:
    """What is left of the wanted bindings where nobody may get more than is present.

    `windows` are those of the grants by request, and `given` the requests whose access was given: they keep what
    of it is present. Any other grant is there only if all of its window is.
    """
    there = [span for binding in present if (span := _span(binding)) is not None]
    found = [part for each in want.values() for part in _parts(each, there, windows, given)]
    return {each.mark: each for each in found}


def _parts(
    wanted: Wanted, there: Collection[_Span], windows: Mapping[str, Window], given: Collection[str]
) -> Iterable[Wanted]:
    span = _span(wanted.binding)
    if span is None:
        return
    asked = {each: windows[each] for each in wanted.requests if each in windows}
    left = {part for other in there if other.key == span.key for part in _left(other.window, asked, given)}
    for window in left:
        if not any(window != other and _covers(other, window) for other in left):
            yield _cut(wanted, window, span.key, asked)


def _left(present: Window, asked: Mapping[str, Window], given: Collection[str]) -> Iterable[Window]:
    """What of a present window is asked for: whole windows, and parts of those that were given."""
    shared = ((each, _overlap(present, window)) for each, window in asked.items())
    return union(both for each, both in shared if both is not None and (both == asked[each] or each in given))


def _cut(wanted: Wanted, window: Window, key: Key, asked: Mapping[str, Window]) -> Wanted:
    binding = msgspec.structs.replace(wanted.binding, expression=written(key, window))
    requests = tuple(each for each in asked if _covers(window, asked[each]))
    return Wanted(binding=binding, end=window.end, requests=requests)


def _span(binding: Binding | Mark) -> _Span | None:
    found = window_of(binding.expression)
    if found is None:
        return None
    window, condition = found
    # Google may give the capitals of a member back.
    return _Span(Key(binding.role, binding.member.lower(), condition), window)


def _lies_inside(span: _Span | None, other: _Span) -> bool:
    return span is not None and span.key == other.key and _covers(other.window, span.window)


def _covers(window: Window, other: Window) -> bool:
    return window.start <= other.start and other.end <= window.end


def _overlap(one: Window, other: Window) -> Window | None:
    start, end = max(one.start, other.start), min(one.end, other.end)
    return Window(start=start, end=end) if start < end else None
