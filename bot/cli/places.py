"""Where each command is. One is imported when it is typed, and all of them where they are listed."""

from collections.abc import Mapping

PEOPLE: Mapping[str, str] = {
    "login": "bot.cli.client.login:login",
    "request": "bot.cli.client.asking:request",
    "extend": "bot.cli.client.asking:extend",
    "status": "bot.cli.client.asking:status",
    "list": "bot.cli.client.asking:listed",
    "history": "bot.cli.client.history:history",
    "approve": "bot.cli.client.deciding:approve",
    "deny": "bot.cli.client.deciding:deny",
    "offer": "bot.cli.client.deciding:offer",
    "accept": "bot.cli.client.deciding:accept",
    "take-back": "bot.cli.client.deciding:take_back",
    "withdraw": "bot.cli.client.deciding:withdraw",
    "end": "bot.cli.client.deciding:end",
    "review": "bot.cli.client.deciding:review",
    "freezes": "bot.cli.client.freezing:freezes",
    "away": "bot.cli.client.away:away",
    "back": "bot.cli.client.away:back",
    "run": "bot.cli.client.running:run",
}
"""The commands that call a service through Identity-Aware Proxy, as one person or program.

Exit codes: 0 done, and where one waits: approved and the access is there; 1 refused, denied, withdrawn or expired;
2 unusable arguments, nobody answers, or nothing was decided in the time that one waits.
"""

AGENTS: Mapping[str, str] = {
    "mcp": "bot.cli.mcp:mcp",
    "mcp-proxy": "bot.cli.mcp_proxy:mcp_proxy",
}
"""The commands that run beside an agent, with its key. Exit codes: 0 the client went; 2 unusable settings."""

OPERATORS: Mapping[str, str] = {
    "serve": "bot.cli.serve:serve",
    "doctor": "bot.cli.doctor:doctor",
    "freeze": "bot.cli.freeze:freeze",
    "thaw": "bot.cli.freeze:thaw",
    "revoke": "bot.cli.revoke:revoke",
    "drift": "bot.cli.drift:drift",
    "drill": "bot.cli.drill:drill",
    "report": "bot.cli.report:report",
    "app": "bot.cli.app:app",
    "setup": "bot.cli.setup:setup",
    "migrate": "bot.cli.migrate:migrate",
    "demo": "bot.cli.demo:demo",
}

THINGS: Mapping[str, str] = {
    "key": "bot.cli.keys:key",
    "store": "bot.cli.store:store",
    "policy": "bot.cli.policy:policy",
    "audit": "bot.cli.audit:audit",
    "receipt": "bot.cli.receipt:receipt",
}
