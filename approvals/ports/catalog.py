"""What IAM says of eligibility: the bindings of projects and of what is above them."""

from collections.abc import Iterator
from typing import Protocol

import msgspec

from approvals.eligible.bindings import Attached


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """A project (`projects/ID`), its name for people, and what it lies in, nearest first.

    `number` is what it is called as well (`projects/NUMBER`); empty where nobody said it.
    """

    resource: str
    title: str
    above: tuple[str, ...]
    number: str = ""


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """Projects that can be listed, and every binding up to the scope that may mean eligibility.

    `cut`: there are more projects than are listed.
    """

    projects: tuple[Project, ...]
    policies: tuple[Attached, ...]
    cut: bool = False


class Catalog(Protocol):
    """IAM's bindings. What it says may be some minutes old, as its maker warns; `timeout` is in seconds."""

    def effective(self, scope: str, project: str, *, timeout: float) -> tuple[Attached, ...]:
        """The policies of one project and of what is above it up to the scope, nearest first.

        None where the project lies outside. Raises `Unavailable` while that cannot be known.
        """

    def listing(self, scope: str, *, query: str, timeout: float) -> Listing:
        """What can be listed at once: the projects that the query finds. Raises `Unavailable`."""

    def standing(self, scope: str, *, timeout: float) -> Iterator[Attached]:
        """Every binding of the scope's projects, folders and organization, place by place, as they are read.

        A project may be called by its number. Raises `Unavailable`, also after the first of them.
        """
