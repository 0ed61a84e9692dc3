"""The world of the core's own tests."""

from tests.approvals.conftest import cloud, wire, world

__all__ = ["cloud", "wire", "world"]
