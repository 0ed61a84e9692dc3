"""The one document of a policy file, as nodes with positions: without aliases and tags.

A policy of two thousand entitlements is a megabyte, which PyYAML reads in two seconds and libyaml in a quarter of
one. The two agree on ordinary text, in every position; where they may not, or anything is wrong, PyYAML alone is
asked, so that whoever has no libyaml reads the same of the same file.
"""

import re
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.resolver import Resolver

from approvals.policy.reading.document import BAD, Reader
from approvals.policy.reading.mistakes import mistake

SIZE_LIMIT = 1024 * 1024
_DEPTH_LIMIT = 20
_Parser: Any = yaml.cyaml.CParser if yaml.__with_libyaml__ else object  # type: ignore[attr-defined]
_ODD = re.compile("[\x00-\t\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""Tabs, line ends of other kinds, marks of byte order and what is no text. The few are named: naming all that is
ordinary takes five times as long to compile, at each start."""

_DISPUTED = re.compile(r"\?|[|>][-+0-9]*#")
"""What the two read differently: a question mark in a list in brackets, a comment at the sign of a block."""


def compose(text: bytes | str, reader: Reader) -> yaml.Node | None:
    """Compose the one document of a file, without aliases and tags. None when nothing can be read."""
    decoded = _decode(text, reader)
    if decoded is None:
        return None
    return quickly(decoded) or carefully(decoded, reader)


def quickly(text: str) -> yaml.Node | None:
    """The document by libyaml; None where PyYAML has to say what it is."""
    if not yaml.__with_libyaml__ or _ODD.search(text) or _DISPUTED.search(text):
        return None
    try:
        return _Quick(text).get_single_node()
    except yaml.YAMLError:
        return None


def carefully(text: str, reader: Reader) -> yaml.Node | None:
    """The document by PyYAML. What is wrong is noted."""
    try:
        node = _Careful(text, reader).get_single_node()
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        mark = yaml.Mark("", 0, before.count("\n"), len(before) - before.rfind("\n") - 1, None, 0)
        reader.refuse_at(mark, "not-yaml", "this character may not stand in a YAML file")
    except yaml.MarkedYAMLError as error:
        found = mistake(error, text)
        reader.refuse_at(yaml.Mark("", 0, found.line, found.column, None, 0), "not-yaml", found.text)
    else:
        if node is not None:
            return node
        reader.refuse_at(None, "empty", "the policy is empty")
    return None


def _decode(text: bytes | str, reader: Reader) -> str | None:
    if len(text) > SIZE_LIMIT:
        reader.refuse_at(None, "too-large", "a policy file is at most 1 MiB")
        return None
    if isinstance(text, str):
        return text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = text[: error.start]
        mark = yaml.Mark("", 0, before.count(b"\n"), len(before) - before.rfind(b"\n") - 1, None, 0)
        reader.refuse_at(mark, "not-utf-8", "the file is not UTF-8")
        return None


class _Careful(yaml.SafeLoader):
    """The safe composer, less what a policy has no use for: aliases (and their bombs), tags, deep nesting."""

    def __init__(self, text: str, reader: Reader) -> None:
        super().__init__(text)
        self._notes = reader
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            mark: Any = event.start_mark
            self.get_event()  # type: ignore[no-untyped-call]
            self._notes.refuse_at(event.start_mark, "alias", "aliases are not allowed here; write the value out")
            return yaml.ScalarNode(BAD, "", mark, mark)
        self._forbid(event)
        self._depth += 1
        if self._depth > _DEPTH_LIMIT:
            raise yaml.composer.ComposerError(None, None, "the file is nested too deeply", event.start_mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def _forbid(self, event: Any) -> None:
        if event.anchor is not None:
            self._notes.refuse_at(event.start_mark, "alias", "anchors are not allowed here")
            event.anchor = None
        if event.tag is not None:
            self._notes.refuse_at(event.start_mark, "tag", "tags are not allowed here; write the plain value")
            event.tag = None
            event.implicit = (True, False) if isinstance(event, yaml.ScalarEvent) else True


class _Doubtful(yaml.YAMLError):
    """Something that is refused, or of which the two do not say the same."""


class _Quick(Composer, _Parser, Resolver):  # type: ignore[misc]
    """Composes what libyaml parses, as long as nothing is out of the ordinary."""

    def __init__(self, text: str) -> None:
        _Parser.__init__(self, text)
        Composer.__init__(self)
        Resolver.__init__(self)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Raises `_Doubtful`."""
        event: Any = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None or event.tag is not None:
            raise _Doubtful
        # Of a value that is not there they say different places.
        if isinstance(event, yaml.ScalarEvent) and not event.value and event.implicit[0]:
            raise _Doubtful
        self._depth += 1
        if self._depth > _DEPTH_LIMIT:
            raise _Doubtful
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node
