"""Addresses that are never called, however they are spelt, and the few private ones that a policy may list."""

import ipaddress

import pytest

from approvals.backends import addresses

ELSEWHERE = {
    "this machine": ("127.0.0.1", "127.1.2.3", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1", "::127.0.0.1"),
    "what tells of a cloud's machine": ("169.254.169.254", "fe80::a9fe:a9fe", "::ffff:169.254.169.254"),
    "private": ("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "fc00::1", "fd12::1"),
    "this machine by NAT64": ("64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "64:ff9b::a9fe:a9fe"),
    "this machine by 6to4": ("2002:7f00:1::", "192.88.99.1"),
    "this machine by Teredo": ("2001::80ff:fffe", "2001:0:53aa:64c:0:fbff:80ff:fffe"),
    "many at once": ("224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1", "255.255.255.255"),
    "set aside": ("192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "240.0.0.1"),
    "set aside in IPv6": ("2001:db8::1", "3fff::1", "5f00::1", "2001:2::1", "2001:20::1", "100::1"),
    "of a link or a site": ("fe80::1", "fec0::1", "2a00:1450::1%eth0"),
}
PUBLIC = (
    "8.8.8.8",
    "93.184.216.34",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700::6810:84e5",
    "2a00:1450:4001:82f::200e",
)


@pytest.mark.parametrize("address", [each for some in ELSEWHERE.values() for each in some])
def test_what_is_no_ordinary_public_address_is_not_called(address: str) -> None:
    assert not addresses.is_allowed(addresses.read(address), ())


@pytest.mark.parametrize("address", PUBLIC)
def test_an_ordinary_public_address_is_called(address: str) -> None:
    assert addresses.is_allowed(addresses.read(address), ())


def test_a_private_network_is_called_where_it_is_listed_and_nowhere_else() -> None:
    listed = ("10.8.0.0/16", "fd12:3456::/32")
    inside, outside = ("10.8.3.4", "fd12:3456::7"), ("10.9.0.1", "192.168.1.1", "fd12:3457::7")
    assert all(addresses.is_allowed(addresses.read(each), listed) for each in inside)
    assert not any(addresses.is_allowed(addresses.read(each), listed) for each in outside)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "::1", "fe80::1", "64:ff9b::a00:1", "fd00:ec2::254"],
)
def test_no_list_opens_this_machine_or_what_tells_of_a_clouds_machine(address: str) -> None:
    assert not addresses.is_allowed(addresses.read(address), ("0.0.0.0/0", "::/0"))


def test_the_standard_librarys_word_would_not_do() -> None:
    passed = [each for some in ELSEWHERE.values() for each in some if ipaddress.ip_address(each).is_global]
    assert len(passed) >= 8, "or the list of our own has become needless"
