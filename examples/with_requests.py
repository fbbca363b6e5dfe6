"""Call another API with requests: `requests.Session().auth = JwtAuth(client)`.

    export ACCESS_TOKENS_ENDPOINT=https://api.example.com ACCESS_TOKENS_API_KEY=pat_...
    python with_requests.py https://other.example.com/whoami

A 401 of the other API gets a new JWT and repeats the request once, unless its body is a stream that cannot be
rewound. requests itself removes the JWT when a redirect leads to another host.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from requests.exceptions import UnrewindableBodyError
from requests.utils import rewind_body

from access_tokens import AccessTokensClient, AccessTokensError, Bearer


class JwtAuth(AuthBase):
    """Sends the client's JWT; threads may share it."""

    def __init__(self, client: AccessTokensClient) -> None:
        self._client = client

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Authorize one request; requests calls this."""
        url = urlsplit(request.url or "")
        if url.scheme != "https" and url.hostname not in {"localhost", "127.0.0.1", "::1"}:
            raise ValueError("the JWT is sent to https:// URLs only")
        bearer = self._client.bearer()
        request.headers["Authorization"] = bearer.header
        request.register_hook("response", partial(self._repeat, bearer))
        return request

    def _repeat(self, bearer: Bearer, refused: requests.Response, **options: Any) -> requests.Response:
        request = refused.request
        # After a redirect to another host, the request has no JWT; after a repeat, it has another.
        if refused.status_code != 401 or request.headers.get("Authorization") != bearer.header:
            return refused
        self._client.discard(bearer)
        if not _can_be_repeated(request):
            return refused
        _ = refused.content  # read to its end, so that the connection can be used again
        refused.close()
        refused.request = request.copy()
        # The request itself, since requests makes those that follow redirects of it.
        request.headers["Authorization"] = self._client.bearer().header
        response: requests.Response = refused.connection.send(request, **options)
        response.history.append(refused)
        return response


def _can_be_repeated(request: requests.PreparedRequest) -> bool:
    if request.body is None or isinstance(request.body, (str, bytes)):
        return True
    with suppress(UnrewindableBodyError):
        rewind_body(request)
        return True
    return False


def main(url: str) -> str:
    """Get what the other API says to the bearer of the JWT."""
    with AccessTokensClient.from_env() as client, requests.Session() as session:
        session.auth = JwtAuth(client)
        response = session.get(url, timeout=30)
        response.raise_for_status()
        return response.text


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        print(main(sys.argv[1]))
    # The first two are of the JWT, the last of the other API.
    except (AccessTokensError, ValueError, requests.RequestException) as failure:
        sys.exit(f"Failed: {failure}")
