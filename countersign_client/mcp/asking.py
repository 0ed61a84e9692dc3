"""`countersign mcp`, put together."""

from collections.abc import Mapping

from countersign_client.applications import AsyncApplication
from countersign_client.mcp import environment
from countersign_client.mcp.gates import Gates
from countersign_client.mcp.holding import Holding
from countersign_client.mcp.people import People
from countersign_client.mcp.server import server
from countersign_client.mcp.serving import serve


async def run(environ: Mapping[str, str], *, version: str, listen: str) -> None:
    """Serve an agent, over HTTP where it says on which port. Raises `Unusable` for what the environment lacks."""
    setup = environment.read(environ, http=bool(listen))
    application = AsyncApplication(setup.url, setup.application, setup.key, keys=setup.keys)
    people = People(application, setup.brought)
    made = server(
        version=version,
        gates=Gates(application),
        holding=Holding(application),
        callers=people,
        secret=setup.secret,
    )
    await serve(made, people, place=setup.place, listen=listen)
