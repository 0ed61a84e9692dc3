"""The whole program on Firestore."""

from pathlib import Path

from countersign_client.chain import verify
from tests.support.emulators import store_at
from tests.support.running import running


def test_an_approval_over_a_restart_leaves_a_grant_and_whole_chains(
    tmp_path: Path, firestore_host: str, project: str
) -> None:
    environ = {
        "COUNTERSIGN_STORE": f"firestore://{project}/(default)",
        "FIRESTORE_EMULATOR_HOST": firestore_host,
    }
    with running(tmp_path, environ=environ) as office:
        asked = office.ask("alice", "admin")
        office.restart()
        office.approve("bob", asked)
        office.granted(asked)

    store = store_at(firestore_host, project)
    assert [entry.action for entry in store.entries(asked)] == [
        "request.filed",
        "review.approve",
        "request.approved",
        "grant.active",
    ]
    for chain in ("", asked):
        assert verify(store.entries(chain), request=chain, head=store.head(chain))
    store.close()
    assert not list(tmp_path.glob("*.db*"))
