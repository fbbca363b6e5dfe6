"""What `NO_PROXY` excepts."""

import httpx
import pytest

from access_tokens._http.no_proxy import is_excepted

pytestmark = pytest.mark.fault(90)
NAMED, BY_ADDRESS, BY_IPV6 = "https://api.example.com", "https://10.1.2.3:8443", "https://[fd00::1]:8443"
NETWORKS = ("10.0.0.0/8", "10.1.2.3/8", "10.0.0.0/255.0.0.0", "0.0.0.0/0", "10.1.2.3/32", "10.0.0.0/8:8443")
OF_IPV6 = ("fd00::/8", "FD00::/8", "[fd00::]/8", "[fd00::]/8:8443")

# For an endpoint, the values of which each excepts it.
EXCEPTED: dict[str, tuple[str, ...]] = {
    BY_ADDRESS: (
        *NETWORKS,
        *("10.1.2.3", "10.1.2.3:8443", "::ffff:10.1.2.3", "::ffff:10.0.0.0/104", "*"),
        "localhost,\t127.0.0.1 , .svc,.cluster.local\n10.0.0.0/8",
        "localhost 10.0.0.0/8",
        ",,nonsense/99,[::,10.0.0.0/8,",
    ),
    BY_IPV6: (*OF_IPV6, "fd00::1", "fd00:0:0::1", "[fd00::1]", "[fd00::1]:8443", " , * "),
    "https://[::ffff:10.1.2.3]": ("10.0.0.0/8", "::ffff:a01:203"),
    "https://[::1]": ("::1",),
    NAMED: (
        *("api.example.com", "example.com", ".example.com", "*.example.com", "example.com.", "EXAMPLE.COM"),
        *("com", "api.example.com:443", "example.com:443", "*:443", "*"),
    ),
    "http://api.example.com": ("api.example.com:80",),
    f"{NAMED}:8443": ("example.com:8443",),
    f"{NAMED}.": ("example.com",),
    f"{NAMED}.:8443": (".example.com.:8443",),
    "https://example.com": ("example.com", ".example.com", "*.example.com"),
    "https://API.bücher.example": ("bücher.example", "xn--bcher-kva.example"),
    "https://localhost": ("localhost",),
}
# And those that do not: a name is not, also where it might resolve into a network.
NOT_EXCEPTED: dict[str, tuple[str, ...]] = {
    BY_ADDRESS: (
        *("10.0.0.0/16", "11.0.0.0/8", "1.2.3", ".2.3", "10.1.2.3:443", "10.0.0.0/8:443", "110.1.2.3"),
        *("::/0", "10.0.0.0/33", "010.1.2.3"),
    ),
    BY_IPV6: ("fc00::/8", "0.0.0.0/0", "[fd00::1]:443", "fd00::"),
    NAMED: (
        *("", " ,\n, ", ".", "...", "*.", ":443", "xample.com", "ample.com", "a*.example.com"),
        *("exa\x00mple.com", "\ud800.com,a。b", "www.example.com", "example.com.evil"),
        *("api.example.com:8443", "api.example.com:port", "https://api.example.com", "0.0.0.0/0", "::/0"),
    ),
    f"{NAMED}:8443": ("*:443",),
}


@pytest.mark.parametrize("endpoint", EXCEPTED)
def test_it_is_reached_without_the_proxy(endpoint):
    for value in EXCEPTED[endpoint]:
        assert is_excepted(httpx.URL(endpoint), value), value


@pytest.mark.parametrize("endpoint", NOT_EXCEPTED)
def test_it_is_reached_through_the_proxy(endpoint):
    for value in NOT_EXCEPTED[endpoint]:
        assert not is_excepted(httpx.URL(endpoint), value), value
