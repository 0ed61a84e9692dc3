"""The approval system joined from given parts: the program picks them, and tests and the bench give their own."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor

from approvals.access.surveying import Surveyor
from approvals.answers import Answering, Marking
from approvals.evidence import Witness, say_failed
from approvals.freezes.frozen import Freeze
from approvals.identities import AccountRouter
from approvals.judging.cases import Cases
from approvals.offers.catalog import IamCatalog
from approvals.policy.model import Policy
from approvals.ports.catalog import Catalog
from approvals.ports.people import Accounts, Directory, Standing
from approvals.ports.signing import Signer
from approvals.ports.store import Installation, Store
from approvals.ports.targets import Places
from approvals.tokens import Tokens
from approvals.uses import Uses
from approvals.uses.acting import Acting
from approvals.uses.administering import Administering
from approvals.uses.asking import Asking
from approvals.uses.changing import Changing
from approvals.uses.commits import Commits
from approvals.uses.confirming import Confirming
from approvals.uses.countering import Countering
from approvals.uses.deciding import Deciding
from approvals.uses.drift_shown import Drifting, Look
from approvals.uses.drilling import Drilling
from approvals.uses.ending import Ending
from approvals.uses.facing import Facing
from approvals.uses.freezing import Freezing
from approvals.uses.heeding import Heeding
from approvals.uses.history import History
from approvals.uses.looking import Looking
from approvals.uses.measuring import Lists, Measuring
from approvals.uses.offering import Offering
from approvals.uses.receipting import Receipting
from approvals.uses.reviewing import Reviewing
from approvals.uses.seeing import Seeing
from approvals.uses.standing_in import StandingIn


class Core:
    """What people do, over one store. What is done for it outside stands on it (`approvals.reconciling`)."""

    def __init__(
        self,
        *,
        store: Store,
        signer: Signer,
        installation: Callable[[], Installation],
        policy: Callable[[], Policy],
        accounts: Mapping[str, Accounts | None],
        directory: Directory,
        executor: Executor,
        beside: Executor,
        standing: Standing | None = None,
        receipts: Signer | None = None,
        lists: Lists | None = None,
        catalog: Catalog | None = None,
        places: Places | None = None,
        drift: Look | None = None,
        has_pages: bool = True,
        time_left: Callable[[float], float] = lambda most: most,
        woken: Callable[[Sequence[str]], None] = lambda _: None,
        warn: Callable[[str, str], None] = say_failed,
    ) -> None:
        """`accounts` are those of each channel, by scheme; None where nobody comes in by it.

        `has_pages`: people can be shown what no card has room for. Look-ups run in `executor`, and those on which
        no decision rests in `beside`, where they keep none of the others waiting; `time_left` says how many
        seconds, at most so many, whoever asks in this thread can wait for them. `woken` is told which subjects a
        commit made due; it must not raise or block. `receipts` signs those of what was used. `lists`
        lists directory groups, for numbers. `catalog` says what IAM offers, where the policy names it as a source;
        `places` what Google has no room for; None: nobody is asked. `standing` looks at memberships before
        anybody is let into a group; nobody is without it. `drift` looks for drift; None: nobody can. `warn` is
        told of look-ups that fail, as a `Witness` tells it.
        """
        self.store, self._has_pages, self._receipts, self._lists = store, has_pages, receipts, lists
        self.installation, self.policy = installation, policy
        self._drift, self._beside = drift, beside
        self.tokens = Tokens(signer, installation=installation)
        self.accounts = AccountRouter(accounts, rules=lambda: policy().identity)
        witness = Witness(
            directory=directory,
            accounts=self.accounts,
            executor=executor,
            standing=standing,
            time_left=time_left,
            warn=warn,
        )
        self.freeze = Freeze(store, rules=lambda: policy().identity)
        self.cases = Cases(
            policy=policy,
            witness=witness,
            generation=lambda: self.tokens.generation,
            store=store,
            parts=self.freeze.known_parts,
            catalog=IamCatalog(catalog, executor=executor, time_left=time_left),
            surveyor=Surveyor(places, executor=beside, time_left=time_left),
        )
        self.uses = self._uses(Commits(store=store, freeze=self.freeze, woken=woken), woken)
        self.changing = Changing(store=store, acting=self.uses.acting)

    def _uses(self, commits: Commits, woken: Callable[[Sequence[str]], None]) -> Uses:
        store, tokens, cases, freeze = self.store, self.tokens, self.cases, self.freeze
        ending, seeing = Ending(store=store, cases=cases, commits=commits), Seeing(cases=cases)
        return Uses(
            acting=Acting(store=store, cases=cases, freeze=freeze, commits=commits, has_pages=self._has_pages),
            administering=Administering(cases=cases),
            answering=Answering(store),
            asking=Asking(store=store, cases=cases, freeze=freeze, commits=commits),
            confirming=Confirming(store=store, cases=cases, freeze=freeze, commits=commits),
            countering=Countering(store=store, tokens=tokens, cases=cases, freeze=freeze, commits=commits),
            deciding=Deciding(store=store, tokens=tokens, cases=cases, freeze=freeze, commits=commits),
            drifting=Drifting(cases=cases, look=self._drift, executor=self._beside),
            drilling=Drilling(store=store, woken=woken),
            ending=ending,
            facing=Facing(store=store, tokens=tokens, cases=cases, freeze=freeze, seeing=seeing),
            freezing=Freezing(store=store, cases=cases),
            heeding=Heeding(store=store, rules=lambda: self.policy().identity, woken=woken),
            history=History(store=store, cases=cases, seeing=seeing),
            measuring=Measuring(store=store, cases=cases, seeing=seeing, lists=self._lists),
            looking=Looking(store=store, cases=cases, freeze=freeze),
            marking=Marking(store),
            offering=Offering(cases=cases),
            receipting=Receipting(store=store, signer=self._receipts),
            standing_in=StandingIn(store=store, cases=cases, woken=woken),
            reviewing=Reviewing(store=store, cases=cases, freeze=freeze, commits=commits),
            seeing=seeing,
        )
