"""Where a request comes from, and the block of addresses that counts as one. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
LOCAL = "local"
# one household or office has so many: what is larger would be shared by more, what is smaller is changed at will
_IPV4_BITS, _IPV6_BITS = 24, 56
# some proxies write the port, too
_WITH_PORT = re.compile(r"\[([^\]]*)\](?::\d+)?|([^:]+):\d+")


def caller(peer: str | None, forwarded: str, trusted: Collection[Network]) -> Address | None:
    """The address that a request comes from; None where it came through a socket that has none.

    `peer` is who opened the connection, `forwarded` the X-Forwarded-For of the request. Each proxy appends whom it was
    asked by, so only what a trusted proxy wrote is believed: from the right, as far as all behind it are trusted.

    >>> from ipaddress import ip_network
    >>> str(caller("10.0.0.1", "192.0.2.1, 198.51.100.7, 10.0.0.2", [ip_network("10.0.0.0/8")]))
    '198.51.100.7'
    """
    address, hops = read(peer or ""), forwarded.split(",")
    while address and hops and any(address in network for network in trusted):
        before = read(hops.pop())
        if before is None:
            break
        address = before
    return address


def read(text: str) -> Address | None:
    """An address as proxies write them; None where it is none. An IPv4 address within IPv6 is that IPv4 address."""
    found = _WITH_PORT.fullmatch(text.strip())
    try:
        address = ip_address((found[1] or found[2] or "") if found else text.strip())
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def block(address: Address | None) -> str:
    """The block of an address: what one household, office or mobile network shares, or can change within.

    >>> [block(read(text)) for text in ("198.51.100.7", "2001:db8:1:2fe::7", "")]
    ['198.51.100.0/24', '2001:db8:1:200::/56', 'local']
    """
    if address is None:
        return LOCAL
    if isinstance(address, IPv4Address):
        return str(IPv4Network((int(address), _IPV4_BITS), strict=False))
    return str(IPv6Network((int(address), _IPV6_BITS), strict=False))
