"""An application's client: each call holds its thread until it is answered.

It keeps no connection, so one client serves all threads, and one that was made before a fork serves after it.
"""

import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from countersign_client.applications.answers import Asked, Behalf
from countersign_client.applications.attempts import Pause, Step, Work
from countersign_client.applications.calling import WAIT, CallsTools
from countersign_client.applications.core import Core, is_over
from countersign_client.applications.guarding import Guarded
from countersign_client.applications.proof import Allowed
from countersign_client.applications.values import Person, Sought, person, sought
from countersign_client.applications.wire import headers, named
from countersign_client.call_tokens import Signs
from countersign_client.calls import NoAnswer, Response, send
from countersign_client.exchange import origin
from countersign_client.keys import Keys

Takes = ParamSpec("Takes")
Gives = TypeVar("Gives")
Result = TypeVar("Result")


class Application(CallsTools):
    """One application, as it calls one service. `url` is `COUNTERSIGN_API_URL`, where applications call.

    `application` is its id in the policy, and `key` signs its calls: `call_tokens.read_key` reads it from a file.
    `keys` verify receipts: a saved copy of the service's `/.well-known/jwks.json`, by `keys.read_keys`. Without it
    they are fetched once. `issuer` is who must have made a receipt, as `countersign:INSTANCE`. Every method raises
    `errors.NotAllowed`, or `Unusable` for what cannot be sent.
    """

    def __init__(
        self, url: str, application: str, key: Signs, *, keys: Keys | None = None, issuer: str = ""
    ) -> None:
        self._url = origin(url)
        self._headers = functools.partial(headers, url=self._url, application=application, key=key)
        self._core = Core(application, keys=keys, issuer=issuer, now=time.monotonic)

    def require(
        self,
        action: str,
        *,
        on_behalf_of: Person,
        timeout: float = WAIT,
        withdraw: bool = False,
        reason: str = "",
        key: str = "",
        data: Mapping[str, Any] | None = None,
        idempotency_key: str = "",
        parameters: Mapping[str, Any] | None = None,
        **given: Any,
    ) -> Allowed:
        """Ask, wait for the decision, and use it: what is returned may be done now, once.

        After `timeout` seconds without a decision it raises `errors.Pending`. The request stays, unless `withdraw`
        says that it goes when nobody waits for it any more. `key` is the application's own name for what it acts
        on, `data` what else the approval binds. `parameters` takes those whose names are taken here.
        """
        return self._run(
            self._core.require(
                sought(action, {**(parameters or {}), **given}, key=key, data=data),
                person(on_behalf_of),
                reason=reason,
                timeout=timeout,
                withdraw=withdraw,
                key=named(idempotency_key),
            )
        )

    def ask(
        self,
        action: str,
        *,
        on_behalf_of: Person,
        reason: str = "",
        key: str = "",
        data: Mapping[str, Any] | None = None,
        idempotency_key: str = "",
        parameters: Mapping[str, Any] | None = None,
        **given: Any,
    ) -> Asked:
        """Ask and return at once. Keep the answer's `id`: with the same parameters, `resume` goes on by it."""
        wanted = sought(action, {**(parameters or {}), **given}, key=key, data=data)
        by = named(idempotency_key)
        return self._run(self._core.ask(wanted, person(on_behalf_of), reason=reason, key=by))

    def who(self, on_behalf_of: Person) -> Behalf:
        """Who somebody is, as the service's directory knows them. Nothing is asked for, and nothing kept of it."""
        return self._run(self._core.who(person(on_behalf_of), key=named("")))

    def look(self, request: str) -> Asked:
        """A request as it stands."""
        return self._run(self._core.look(request))

    def wait(self, request: str, *, timeout: float = WAIT) -> Asked:
        """Wait until a request is approved, which is no permission yet: `consume` it."""
        return self._run(self._core.wait(request, timeout=timeout))

    def consume(
        self,
        request: str,
        action: str,
        *,
        idempotency_key: str = "",
        key: str = "",
        data: Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
        **given: Any,
    ) -> Allowed:
        """Use an approval for what was asked, and nothing else. The same `idempotency_key` gets the same again."""
        wanted = sought(action, {**(parameters or {}), **given}, key=key, data=data)
        return self._run(self._core.consume(request, wanted, key=named(idempotency_key)))

    def resume(
        self,
        request: str,
        action: str,
        *,
        idempotency_key: str,
        timeout: float = WAIT,
        withdraw: bool = False,
        key: str = "",
        data: Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
        **given: Any,
    ) -> Allowed:
        """Go on with what was asked, maybe by another process: wait, and use it.

        `idempotency_key` names this one deed: whoever comes again by it, after a crash, gets the same receipt, and
        has to know by themselves whether the deed was done.
        """
        wanted = sought(action, {**(parameters or {}), **given}, key=key, data=data)
        by = named(idempotency_key)
        return self._run(self._core.finish(request, wanted, timeout=timeout, withdraw=withdraw, key=by))

    def withdraw(self, request: str, *, idempotency_key: str = "") -> Asked:
        """Take a request back that is not decided yet."""
        return self._run(self._core.withdraw(request, key=named(idempotency_key)))

    @contextmanager
    def asking(
        self,
        action: str,
        *,
        on_behalf_of: Person,
        reason: str = "",
        key: str = "",
        data: Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
        **given: Any,
    ) -> "Iterator[Open]":
        """Ask, and withdraw on the way out what was not used by then: no request is left that nobody waits for."""
        wanted = sought(action, {**(parameters or {}), **given}, key=key, data=data)
        by = named("")
        asked = self._run(self._core.ask(wanted, person(on_behalf_of), reason=reason, key=by))
        held = Open(self._run, self._core, asked, wanted, by)
        try:
            yield held
        finally:
            if not held.is_over:
                self._run(self._core.leave(asked.id))

    def guarded(
        self,
        action: str,
        *,
        on_behalf_of: str,
        parameters: Sequence[str] | None = None,
        timeout: float = WAIT,
        withdraw: bool = False,
    ) -> Callable[[Callable[Takes, Gives]], Callable[..., Gives]]:
        """Decorate a function that does the action: it runs only when it is allowed, with what was allowed.

        `on_behalf_of` names the argument that says whose deed it is, `parameters` those that are asked for; all
        the others, where it is not given. A function with an argument `receipt` gets what `require` returns.
        """

        def decorate(function: Callable[Takes, Gives]) -> Callable[..., Gives]:
            arguments = Guarded(function, on_behalf_of=on_behalf_of, parameters=parameters)

            @functools.wraps(function)
            def run(*args: Any, **kwargs: Any) -> Gives:
                wanted = arguments.wanted(args, kwargs)
                allowed = self.require(
                    action,
                    on_behalf_of=wanted.person,
                    parameters=wanted.parameters,
                    timeout=timeout,
                    withdraw=withdraw,
                )
                return function(**arguments.arguments(wanted, allowed))  # type: ignore[call-arg]  # by their names

            return run

        return decorate

    def _run(self, work: Work[Result]) -> Result:
        try:
            step = next(work)
            while True:
                try:
                    came = self._done(step)
                except BaseException as error:  # noqa: BLE001 - the work says what is still to be done
                    step = work.throw(error)
                else:
                    step = work.send(came)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]

    def _done(self, step: Step) -> Response | NoAnswer | None:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        said = self._headers(step)
        try:
            return send(
                step.method,
                self._url + step.target,
                timeout=step.timeout,
                headers=said,
                body=step.body or None,
            )
        except NoAnswer as error:
            return error


class Open:
    """A request that is being waited for. `asked` is how it stood when it was filed."""

    def __init__(
        self,
        run: Callable[[Work[Allowed]], Allowed],
        core: Core,
        asked: Asked,
        wanted: Sought,
        key: str,
    ) -> None:
        self.asked = asked
        self.is_over = False
        self._run, self._core, self._wanted, self._key = run, core, wanted, key

    def allowed(self, *, timeout: float = WAIT) -> Allowed:
        """Wait for the decision and use it."""
        work = self._core.finish(self.asked.id, self._wanted, timeout=timeout, withdraw=False, key=self._key)
        try:
            found = self._run(work)
        except BaseException as error:
            self.is_over = is_over(error)
            raise
        self.is_over = True
        return found
