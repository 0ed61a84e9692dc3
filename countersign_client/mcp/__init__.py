"""Agents and the Model Context Protocol: a tool's call that waits for people, and the servers that offer it.

It needs the SDK `mcp`, which the extra of that name installs; nothing else of the client imports it.
"""
