"""How the tests of the local service talk to it."""

from collections.abc import Callable

import httpx

from access_tokens.testing import LocalService

Run = Callable[..., LocalService]
Connect = Callable[[LocalService], httpx.Client]

PHC = "$scrypt$ln=14,r=8,p=1$" + "A" * 22 + "$" + "A" * 43
UNKNOWN_PAT = "pat_" + "0" * 21 + "." + "A" * 43 + "="


def exchange(http: httpx.Client, pat: str) -> httpx.Response:
    return http.post("/auth/token", headers={"Authorization": f"Bearer {pat}"})
