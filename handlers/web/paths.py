"""Where the pages are."""

FIRSTS = ("review", "request", "ask", "drill", "assets")
"""The first part of the addresses that go on."""

_LISTS = ("/", "/ask", "/away", "/history", "/export", "/applications", "/numbers", "/freezes", "/drift")

PATHS = (*_LISTS, *(f"/{first}/" for first in FIRSTS))
"""Every path of the pages, or the first part of it, as `Served` has them."""
