"""The proxy that the environment names."""

from __future__ import annotations

import pytest

from access_tokens._http.proxy import proxy_for
from access_tokens._secret import Secret
from access_tokens._settings import settings

from ..helpers.sessions import SETTINGS

LOCAL, REMOTE = "http://127.0.0.1:3000", "https://api.example.com"
PROXY = "http://proxy:8080"


@pytest.mark.fault(10)
@pytest.mark.parametrize(
    ("environment", "endpoint", "allow_http", "proxy"),
    [
        ({}, REMOTE, False, None),
        ({"https_proxy": PROXY}, REMOTE, False, PROXY),
        ({"https_proxy": "proxy:8080"}, REMOTE, False, PROXY),
        ({"all_proxy": PROXY}, REMOTE, False, PROXY),
        ({"http_proxy": PROXY}, REMOTE, False, None),
        ({"https_proxy": PROXY, "no_proxy": ".example.com"}, REMOTE, False, None),
        ({"https_proxy": PROXY, "no_proxy": "api.example.com:8443"}, f"{REMOTE}:8443", False, None),
        ({"https_proxy": PROXY, "no_proxy": "api.example.com:8443"}, REMOTE, False, PROXY),
        ({"http_proxy": PROXY}, LOCAL, False, None),
        ({"http_proxy": PROXY}, LOCAL, True, PROXY),
    ],
)
def test_the_environment_names_the_proxy(environment, endpoint, allow_http, proxy, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    deployment = settings(endpoint, Secret("x"), **(SETTINGS | {"allow_http": allow_http}))
    found = proxy_for(deployment)
    assert (str(found.url) if found else None) == proxy
