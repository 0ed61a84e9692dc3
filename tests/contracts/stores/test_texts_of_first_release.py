"""A store of 0.1.0: what was over in it can have its texts erased, and all that was signed holds still."""

from datetime import timedelta

from approvals import transitions
from approvals.auditing.audits import Inspection
from approvals.backends.signers.file import FileSigner
from approvals.ports.store import Store
from approvals.requests import settled
from approvals.texts import has_texts
from tests.contracts.stores.test_first_release import DECIDED, issued, kind, old, signer, store
from tests.support.firsts import FIRSTS

__all__ = ["kind", "old", "signer", "store"]
MONTH = timedelta(days=30)


def test_texts_of_0_1_0_can_be_erased_once_all_is_over_and_receipts_and_audit_hold_still(
    store: Store, signer: FileSigner
) -> None:
    requests = [store.request(first.request) for first in FIRSTS.values()]
    retained = [each.request for each in store.retained(after="", limit=50)]
    assert sorted(retained) == sorted(each.id for each in requests if settled(each))

    for request_id in retained:
        request = store.request(request_id)
        store.commit(transitions.erase(request, retention=MONTH, now=request.updated + MONTH))

    assert store.retained(after="", limit=50) == []
    assert list(Inspection(store).faults()) == []
    for first in DECIDED.values():
        now, then = (signer.verify(each) for each in (issued(store, signer, first.request), first.receipt))
        assert now["terms"] == then["terms"]
        assert not (first.request in retained and has_texts(store.request(first.request)))
