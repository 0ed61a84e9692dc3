"""`python -m bench.plain_tool`: a server of the Model Context Protocol by the SDK, with one tool that adds."""

from mcp.server.mcpserver import MCPServer

server = MCPServer("plain")


@server.tool()
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


if __name__ == "__main__":
    server.run("stdio")
