"""Which addresses of the network may be called by a name that somebody else chose.

The list is our own. `ipaddress.is_global` lets pass what leads elsewhere by another spelling (NAT64, 6to4, Teredo,
site-local, multicast), so of IPv6 only what is given out for the public network passes, less what is set aside in
it, and of IPv4 all but what is set aside (IANA's registries of special-purpose addresses, RFC 6890).
"""

import ipaddress
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _networks(*written: str) -> tuple[Network, ...]:
    return tuple(map(ipaddress.ip_network, written))


_PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
_SET_ASIDE_6 = _networks("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
_SET_ASIDE_4 = _networks(
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
    *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
    *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
)
_PRIVATE = _networks("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
_METADATA = _networks("100.100.100.200/32", "fd00:ec2::254/128", "fd20:ce::254/128")
"""Where clouds tell whoever asks what a machine may do; those in 169.254.0.0/16 are in no private network."""


def read(written: str) -> Address:
    """An address in numbers, as the system's look-up gives it. Raises `ValueError`."""
    return ipaddress.ip_address(written)


def is_loopback(address: Address) -> bool:
    """Whether it is this machine, by the plain spelling of it."""
    return address in ipaddress.ip_network("127.0.0.0/8") or address == ipaddress.IPv6Address("::1")


def is_public(address: Address) -> bool:
    """Whether it is an ordinary address of the public network."""
    if isinstance(address, ipaddress.IPv4Address):
        return not _within(address, _SET_ASIDE_4)
    return address in _PUBLIC_6 and address.scope_id is None and not _within(address, _SET_ASIDE_6)


def is_allowed(address: Address, private: Sequence[str]) -> bool:
    """Whether it is public, or of a private network and in one of these (CIDR), which says so on purpose.

    This machine, link-local addresses and what tells of a cloud's machine are of no private network.
    """
    if is_public(address):
        return True
    if not _within(address, _PRIVATE) or _within(address, _METADATA):
        return False
    return _within(address, _networks(*private))


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
