"""Who agents are to the service: its application, the people they work for, and what they call."""

import random
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

from chaos import scene
from chaos.front import SERVER
from chaos.upstream import NAME
from countersign_client.call_tokens import new_key
from countersign_client.calls import NoAnswer, send
from countersign_client.keys import Keys, read_keys
from sandbox.app import Sandbox

ID, ACTION, USES = "assistant", "clear", 4
PROXIED = "P-"
"""How accounts begin that are cleared behind a proxy."""

_PEOPLE = scene.REQUESTERS[8:11]


class Assistant:
    """One application for all of them. `url` is where the service is called."""

    def __init__(self, box: Sandbox, url: str) -> None:
        self._box, self.url = box, url
        self.key = new_key("ES256")

    def rules(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The application and its action, as the policy has them."""
        application = {
            "id": ID,
            "title": "Coding assistant",
            "agent": True,
            "keys": [self.key.public()],
            "brings": [{"issuer": "staff", "audience": ID}],
            "limits": {"pending": 500, "per_hour": 3_600},
        }
        action = {
            "id": ACTION,
            "application": ID,
            "title": "Clear an account",
            "tool": {"server": SERVER, "name": NAME},
            "requesters": ["domain:example.com"],
            "approval": [{"approvers": ["group:ops"], "needed": 1}],
            "window": {"for": "10m", "uses": USES},
            "use_by": "10m",
        }
        return application, action

    def person(self, dice: random.Random) -> str:
        """The token of one of the few for whom all is asked, so that their calls meet in the same windows."""
        person = self._box.slack.state.person(dice.choice(_PEOPLE))
        return self._box.oidc.issuer.id_token(person, client=ID)

    @cached_property
    def keys(self) -> Keys:
        """What verifies receipts; waited for where the service is dead just now."""
        while True:
            with suppress(NoAnswer):
                return read_keys(send("GET", f"{self.url}/.well-known/jwks.json", timeout=10).body)
