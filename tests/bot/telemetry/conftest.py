from tests.approvals.conftest import cloud, wire, world

__all__ = ["cloud", "wire", "world"]
