"""An application's client on an event loop: whoever waits holds a connection, and no thread.

It does what `application` does, by the same work. Calls are signed in a thread, for a key may lie in a service.
"""

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from countersign_client import async_calls
from countersign_client.applications.answers import Asked, Behalf
from countersign_client.applications.attempts import Pause, Step, Work
from countersign_client.applications.calling import WAIT, CallsToolsAsync
from countersign_client.applications.core import Core, is_over
from countersign_client.applications.guarding import Guarded
from countersign_client.applications.proof import Allowed
from countersign_client.applications.values import Person, Sought, person, sought
from countersign_client.applications.wire import headers, named
from countersign_client.call_tokens import Signs
from countersign_client.calls import NoAnswer, Response
from countersign_client.exchange import origin
from countersign_client.keys import Keys

Gives = TypeVar("Gives")
Result = TypeVar("Result")


class AsyncApplication(CallsToolsAsync):
    """`application.Application` on an event loop; a method of the same name does the same."""

    def __init__(
        self, url: str, application: str, key: Signs, *, keys: Keys | None = None, issuer: str = ""
    ) -> None:
        self._url = origin(url)
        self._headers = functools.partial(headers, url=self._url, application=application, key=key)
        self._core = Core(application, keys=keys, issuer=issuer, now=time.monotonic)

    async def require(
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
        """Ask, wait for the decision, and use it. `withdraw` also says that a cancelled wait takes it back."""
        return await self._run(
            self._core.require(
                sought(action, {**(parameters or {}), **given}, key=key, data=data),
                person(on_behalf_of),
                reason=reason,
                timeout=timeout,
                withdraw=withdraw,
                key=named(idempotency_key),
            )
        )

    async def ask(
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
        """Ask and return at once."""
        wanted = sought(action, {**(parameters or {}), **given}, key=key, data=data)
        by = named(idempotency_key)
        return await self._run(self._core.ask(wanted, person(on_behalf_of), reason=reason, key=by))

    async def who(self, on_behalf_of: Person) -> Behalf:
        """Who somebody is, as the service's directory knows them. Nothing is asked for, and nothing kept of it."""
        return await self._run(self._core.who(person(on_behalf_of), key=named("")))

    async def look(self, request: str) -> Asked:
        """A request as it stands."""
        return await self._run(self._core.look(request))

    async def wait(self, request: str, *, timeout: float = WAIT) -> Asked:
        """Wait until a request is approved, which is no permission yet: `consume` it."""
        return await self._run(self._core.wait(request, timeout=timeout))

    async def consume(
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
        """Use an approval for what was asked, and nothing else."""
        wanted = sought(action, {**(parameters or {}), **given}, key=key, data=data)
        return await self._run(self._core.consume(request, wanted, key=named(idempotency_key)))

    async def resume(
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
        """Go on with what was asked, maybe by another process."""
        wanted = sought(action, {**(parameters or {}), **given}, key=key, data=data)
        by = named(idempotency_key)
        return await self._run(self._core.finish(request, wanted, timeout=timeout, withdraw=withdraw, key=by))

    async def withdraw(self, request: str, *, idempotency_key: str = "") -> Asked:
        """Take a request back that is not decided yet."""
        return await self._run(self._core.withdraw(request, key=named(idempotency_key)))

    @asynccontextmanager
    async def asking(
        self,
        action: str,
        *,
        on_behalf_of: Person,
        reason: str = "",
        key: str = "",
        data: Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
        **given: Any,
    ) -> "AsyncIterator[Open]":
        """Ask, and withdraw on the way out what was not used by then."""
        wanted = sought(action, {**(parameters or {}), **given}, key=key, data=data)
        by = named("")
        asked = await self._run(self._core.ask(wanted, person(on_behalf_of), reason=reason, key=by))
        held = Open(self._run, self._core, asked, wanted, by)
        try:
            yield held
        finally:
            if not held.is_over:
                await self._run(self._core.leave(asked.id))

    def guarded(
        self,
        action: str,
        *,
        on_behalf_of: str,
        parameters: Sequence[str] | None = None,
        timeout: float = WAIT,
        withdraw: bool = False,
    ) -> Callable[[Callable[..., Awaitable[Gives]]], Callable[..., Coroutine[Any, Any, Gives]]]:
        """Decorate a coroutine function that does the action."""

        def decorate(function: Callable[..., Awaitable[Gives]]) -> Callable[..., Coroutine[Any, Any, Gives]]:
            arguments = Guarded(function, on_behalf_of=on_behalf_of, parameters=parameters)

            @functools.wraps(function)
            async def run(*args: Any, **kwargs: Any) -> Gives:
                wanted = arguments.wanted(args, kwargs)
                allowed = await self.require(
                    action,
                    on_behalf_of=wanted.person,
                    parameters=wanted.parameters,
                    timeout=timeout,
                    withdraw=withdraw,
                )
                return await function(**arguments.arguments(wanted, allowed))

            return run

        return decorate

    async def _run(self, work: Work[Result]) -> Result:
        try:
            step = next(work)
            while True:
                try:
                    came = await self._done(step)
                except BaseException as error:  # noqa: BLE001 - the work says what is still to be done
                    step = work.throw(error)
                else:
                    step = work.send(came)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]

    async def _done(self, step: Step) -> Response | NoAnswer | None:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        said = await asyncio.to_thread(self._headers, step)
        url = self._url + step.target
        try:
            return await async_calls.send(step.method, url, timeout=step.timeout, headers=said, body=step.body)
        except NoAnswer as error:
            return error


class Open:
    """A request that is being waited for. `asked` is how it stood when it was filed."""

    def __init__(
        self,
        run: Callable[[Work[Allowed]], Awaitable[Allowed]],
        core: Core,
        asked: Asked,
        wanted: Sought,
        key: str,
    ) -> None:
        self.asked = asked
        self.is_over = False
        self._run, self._core, self._wanted, self._key = run, core, wanted, key

    async def allowed(self, *, timeout: float = WAIT) -> Allowed:
        """Wait for the decision and use it."""
        work = self._core.finish(self.asked.id, self._wanted, timeout=timeout, withdraw=False, key=self._key)
        try:
            found = await self._run(work)
        except BaseException as error:
            self.is_over = is_over(error)
            raise
        self.is_over = True
        return found
