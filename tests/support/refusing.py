"""What somebody is told who is refused something."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from approvals.refusals.errors import Refused
from handlers.wording.refusing.refusals import told


@contextmanager
def refusing(saying: str) -> Iterator[pytest.ExceptionInfo[Refused]]:
    """Expect a refusal whose sentence matches."""
    with pytest.raises(Refused) as refusal:
        yield refusal
    assert re.search(saying, told(refusal.value)), told(refusal.value)
