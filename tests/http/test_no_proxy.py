"""What `NO_PROXY` excepts."""

from __future__ import annotations

import httpx
import pytest

from access_tokens._http.no_proxy import is_excepted

pytestmark = pytest.mark.fault(90)
NAMED, BY_ADDRESS, BY_IPV6 = "https://api.example.com", "https://10.1.2.3:8443", "https://[fd00::1]:8443"


@pytest.mark.parametrize(
    ("endpoint", "entries"),
    [
        (BY_ADDRESS, "10.0.0.0/8"),
        (BY_ADDRESS, "10.1.2.3/8"),
        (BY_ADDRESS, "10.0.0.0/255.0.0.0"),
        (BY_ADDRESS, "0.0.0.0/0"),
        (BY_ADDRESS, "10.1.2.3"),
        (BY_ADDRESS, "10.1.2.3/32"),
        (BY_ADDRESS, "10.1.2.3:8443"),
        (BY_ADDRESS, "10.0.0.0/8:8443"),
        (BY_ADDRESS, "::ffff:10.1.2.3"),
        (BY_ADDRESS, "::ffff:10.0.0.0/104"),
        (BY_IPV6, "fd00::/8"),
        (BY_IPV6, "FD00::/8"),
        (BY_IPV6, "[fd00::]/8"),
        (BY_IPV6, "[fd00::]/8:8443"),
        (BY_IPV6, "fd00::1"),
        (BY_IPV6, "fd00:0:0::1"),
        (BY_IPV6, "[fd00::1]"),
        (BY_IPV6, "[fd00::1]:8443"),
        ("https://[::ffff:10.1.2.3]", "10.0.0.0/8"),
        ("https://[::ffff:10.1.2.3]", "::ffff:a01:203"),
        ("https://[::1]", "::1"),
        (NAMED, "api.example.com"),
        (NAMED, "example.com"),
        (NAMED, ".example.com"),
        (NAMED, "*.example.com"),
        (NAMED, "example.com."),
        (NAMED, "EXAMPLE.COM"),
        (NAMED, "com"),
        (NAMED, "api.example.com:443"),
        (NAMED, "example.com:443"),
        (NAMED, "*:443"),
        ("http://api.example.com", "api.example.com:80"),
        (f"{NAMED}:8443", "example.com:8443"),
        (f"{NAMED}.", "example.com"),
        (f"{NAMED}.:8443", ".example.com.:8443"),
        ("https://example.com", "example.com"),
        ("https://example.com", ".example.com"),
        ("https://example.com", "*.example.com"),
        ("https://API.bücher.example", "bücher.example"),
        ("https://API.bücher.example", "xn--bcher-kva.example"),
        ("https://localhost", "localhost"),
        (NAMED, "*"),
        (BY_ADDRESS, "*"),
        (BY_IPV6, " , * "),
        (BY_ADDRESS, "localhost,\t127.0.0.1 , .svc,.cluster.local\n10.0.0.0/8"),
        (BY_ADDRESS, "localhost 10.0.0.0/8"),
        (BY_ADDRESS, ",,nonsense/99,[::,10.0.0.0/8,"),
    ],
)
def test_it_is_reached_without_the_proxy(endpoint, entries):
    assert is_excepted(httpx.URL(endpoint), entries)


@pytest.mark.parametrize(
    ("endpoint", "entries"),
    [
        (BY_ADDRESS, "10.0.0.0/16"),
        (BY_ADDRESS, "11.0.0.0/8"),
        (BY_ADDRESS, "1.2.3"),
        (BY_ADDRESS, ".2.3"),
        (BY_ADDRESS, "10.1.2.3:443"),
        (BY_ADDRESS, "10.0.0.0/8:443"),
        (BY_ADDRESS, "110.1.2.3"),
        (BY_ADDRESS, "::/0"),
        (BY_ADDRESS, "10.0.0.0/33"),
        (BY_ADDRESS, "010.1.2.3"),
        (BY_IPV6, "fc00::/8"),
        (BY_IPV6, "0.0.0.0/0"),
        (BY_IPV6, "[fd00::1]:443"),
        (BY_IPV6, "fd00::"),
        (NAMED, ""),
        (NAMED, " ,\n, "),
        (NAMED, "."),
        (NAMED, "..."),
        (NAMED, "*."),
        (NAMED, ":443"),
        (NAMED, "xample.com"),
        (NAMED, "ample.com"),
        (NAMED, "a*.example.com"),
        (NAMED, "exa\x00mple.com"),
        (NAMED, "\ud800.com,a。b"),
        (NAMED, "www.example.com"),
        (NAMED, "example.com.evil"),
        (NAMED, "api.example.com:8443"),
        (NAMED, "api.example.com:port"),
        (NAMED, "https://api.example.com"),
        (NAMED, "0.0.0.0/0"),
        (NAMED, "::/0"),
        (f"{NAMED}:8443", "*:443"),
    ],
)
def test_it_is_reached_through_the_proxy(endpoint, entries):
    """A name, also where it might resolve into a network."""
    assert not is_excepted(httpx.URL(endpoint), entries)
