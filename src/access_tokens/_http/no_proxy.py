"""Decides which hosts the environment variable `NO_PROXY` excepts from the proxy (case 90).

There is no standard for its syntax; the forms that are usual in clusters are understood.
"""

from __future__ import annotations

import re
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

import httpx

_PORTS = {"http": 80, "https": 443}
_MAPPED = 96  # the prefix length of IPv4-mapped IPv6 addresses (RFC 4291, section 2.5.5.2)


def is_excepted(url: httpx.URL, entries: str) -> bool:
    """Tell whether a URL is to be reached without the proxy.

    An IP address is compared with the addresses and networks in `NO_PROXY`, a name with the names; no name is
    resolved. A domain stands for itself and all its subdomains, with or without a leading `.` or `*.`, as
    with curl and urllib. An entry with a port is for that port only.

    Args:
        url: The URL.
        entries: The value of `NO_PROXY`, separated by commas or white space. Invalid entries are ignored.
    """
    return any(_excepts(entry, url) for entry in re.split(r"[\s,]+", entries.lower()))


def _excepts(entry: str, url: httpx.URL) -> bool:
    host, port = _host_and_port(entry)
    if port and port != str(url.port or _PORTS.get(url.scheme)):
        return False
    if host == "*":
        return True
    address = _address(url.host)
    if address is not None:
        return _is_in(address, host)
    return _is_below(url.raw_host.decode(), host)


def _host_and_port(entry: str) -> tuple[str, str]:
    if entry.startswith("["):
        host, _, rest = entry[1:].partition("]")
        length, _, port = rest.partition(":")
        return host + length, port
    if entry.count(":") == 1:
        host, _, port = entry.partition(":")
        return host, port
    return entry, ""  # either no colon, or the colons of an IPv6 address


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return (address.version == 6 and address.ipv4_mapped) or address


def _is_in(address: IPv4Address | IPv6Address, entry: str) -> bool:
    try:
        network = ip_network(entry.rstrip("."), strict=False)
    except ValueError:
        return False
    return address in _unmapped(network)


def _unmapped(network: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    first = network.network_address
    if first.version == 6 and first.ipv4_mapped and network.prefixlen >= _MAPPED:
        return IPv4Network((first.ipv4_mapped, network.prefixlen - _MAPPED))
    return network


def _is_below(name: str, entry: str) -> bool:
    domain = _encoded(entry.removeprefix("*").strip("."))
    return bool(domain) and f".{name.rstrip('.')}".endswith(f".{domain}")


def _encoded(domain: str) -> str:
    """Return a domain as it is written in a URL (IDNA), or "" if it is not valid there."""
    try:
        return httpx.URL(host=domain).raw_host.decode()
    except (httpx.InvalidURL, UnicodeError):
        return ""
