"""The distributed store: Cloud Firestore in native mode, for any number of machines."""

from approvals.backends.stores.firestore.copying import FirestoreContents, filling
from approvals.backends.stores.firestore.store import FirestoreStore, open_firestore

__all__ = ["FirestoreContents", "FirestoreStore", "filling", "open_firestore"]
