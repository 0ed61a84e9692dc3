"""What tests of the chaos run's checks share: one inspection of a running program, and hands in its IAM policy."""

from contextlib import closing
from datetime import timedelta

from approvals.backends.granters.google_iam import GoogleIam
from approvals.ports.targets import Binding
from approvals.requests import Request
from chaos.correspondence import Correspondence
from chaos.crowd import Crowd
from chaos.findings import Findings
from chaos.inspection import Inspection
from chaos.ledger import Ledger, Sent
from chaos.outside import Outside
from chaos.records import Records
from chaos.script import Act
from tests.support.running import PROD, Running


class Behind(Crowd):
    """People who have not heard yet what became of a request."""

    def __init__(self, look: "Look", seen: Request) -> None:
        super().__init__(look.office.box, outside=look.outside, ledger=look.ledger)
        self._seen = seen

    def _live(self, act: Act) -> Request:
        return self._seen


class Look:
    """One inspection of a running program, as after a kill and at the end."""

    def __init__(self, office: Running) -> None:
        self.office = office
        self.findings, self.ledger = Findings(), Ledger()
        self.outside = Outside(office.box, office.policy_file)
        for request in office.service.store.open_of("alice@example.com"):
            for vote in request.reviews:
                self.ledger.sent(Sent(request=request.id, person=vote.person, verdict=vote.verdict))

    def inspection(self) -> Inspection:
        mail = Correspondence(
            self.office.box,
            ledger=self.ledger,
            findings=self.findings,
            people=lambda _: ["bob@example.com"],
            after=lambda _: timedelta(minutes=10),
        )
        return Inspection(
            self.office.box, outside=self.outside, ledger=self.ledger, findings=self.findings, mail=mail
        )

    def found(self) -> set[str]:
        """The invariants that do not hold."""
        inspection = self.inspection()
        with closing(Records(self.office.folder / "countersign.db")) as records:
            inspection.look(records, when="now")
            inspection.settled(records, when="now")
        return {name for name, wrong in self.findings.wrong.items() if wrong}


def write(office: Running, *, add: tuple[Binding, ...] = (), remove: tuple[Binding, ...] = ()) -> None:
    """Write the policy as the service does."""
    granter = GoogleIam(base_url=office.box.google_api_url)
    snapshot = granter.read(PROD, timeout=10, reason="test")
    granter.write(snapshot, add=add, remove=remove, timeout=10, reason="test")


def ours(office: Running) -> Binding:
    """The binding that the service wrote."""
    snapshot = GoogleIam(base_url=office.box.google_api_url).read(PROD, timeout=10, reason="test")
    (binding,) = snapshot.bindings
    return binding
