"""Where a request comes from: what proxies say is believed as far as they are trusted, and neighbours count as one."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from lapor.access.addresses import block, caller, read

PROXIES = [ip_network("10.0.0.0/8"), ip_network("2001:db8:ffff::/48")]
CALLERS = [
    ("nobody is asked where the peer is no proxy", "198.51.100.7", "192.0.2.1", "198.51.100.7"),
    ("a proxy says who asked it", "10.0.0.1", "198.51.100.7", "198.51.100.7"),
    ("what the caller sent before is not believed", "10.0.0.1", "192.0.2.1, 198.51.100.7", "198.51.100.7"),
    ("nor what claims to be a proxy behind the caller", "10.0.0.1", "10.9.9.9, 198.51.100.7", "198.51.100.7"),
    ("proxies in a row", "10.0.0.1", "192.0.2.1, 198.51.100.7, 10.0.0.3, 10.0.0.2", "198.51.100.7"),
    ("a proxy of the other family", "2001:db8:ffff::1", "198.51.100.7", "198.51.100.7"),
    ("a proxy that says nothing asks for itself", "10.0.0.1", "", "10.0.0.1"),
    ("so does one that says nonsense", "10.0.0.1", "198.51.100.7, unknown", "10.0.0.1"),
    ("nonsense behind a proxy", "10.0.0.1", "unknown, 10.0.0.2", "10.0.0.2"),
    ("everybody is a proxy", "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
    ("a port", "10.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
    ("a port and six", "10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
    ("four in six", "::ffff:10.0.0.1", "::ffff:198.51.100.7", "198.51.100.7"),
    ("a socket without addresses", "", "192.0.2.1", None),
    ("no peer at all", None, "192.0.2.1", None),
]


@pytest.mark.parametrize(("peer", "forwarded", "found"), [row[1:] for row in CALLERS], ids=[row[0] for row in CALLERS])
def test_who_calls(peer: str | None, forwarded: str, found: str | None) -> None:
    address = caller(peer, forwarded, PROXIES)
    assert (str(address) if address else None) == found


BLOCKS = [
    ("198.51.100.7", "198.51.100.0/24"),
    ("198.51.100.255", "198.51.100.0/24"),
    ("198.51.101.0", "198.51.101.0/24"),
    ("::ffff:198.51.100.7", "198.51.100.0/24"),
    ("2001:db8:1:2ff:ffff::1", "2001:db8:1:200::/56"),
    ("2001:db8:1:300::1", "2001:db8:1:300::/56"),
    ("fe80::1%eth0", "fe80::/56"),
    ("", "local"),
    ("unix:", "local"),
]


@pytest.mark.parametrize(("address", "found"), BLOCKS)
def test_neighbours_are_one_block(address: str, found: str) -> None:
    assert block(read(address)) == found
