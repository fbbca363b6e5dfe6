"""`httpx2.alias_httpx()` has put httpx2 in the place of httpx: the library works over it."""

import subprocess
import sys

ALIASED = """
import httpx2

httpx2.alias_httpx()

import anyio
import httpx
from access_tokens import AccessTokensClient, AsyncAccessTokensClient, RetryPolicy, UnavailableError
from access_tokens.testing import LocalService


async def main(url, pat):
    async with AsyncAccessTokensClient(url, pat) as client, httpx.AsyncClient(auth=client.auth) as http:
        await client.issue("x")
        (await http.get(f"{url}/admin/tokens")).raise_for_status()


with LocalService() as service:
    url, pat = service.endpoint, service.admin_pat
    for backend in "asyncio", "trio":
        anyio.run(main, url, pat, backend=backend)
    with AccessTokensClient(url, pat) as client, httpx.Client(auth=client.auth) as http:
        http.get(f"{url}/admin/tokens").raise_for_status()
        with AccessTokensClient(url, pat, http_client=http) as borrowing:
            assert [each.owner for each in client.list() if each in borrowing.list()][-2:] == ["x", "x"]
try:
    AccessTokensClient("http://127.0.0.1:1", "pat_x", retry=RetryPolicy(retries=0)).list()
except UnavailableError as error:
    print(type(error.__cause__).__module__)
"""


def test_it_works_and_its_errors_are_told_as_ever():
    done = subprocess.run([sys.executable, "-c", ALIASED], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("httpx2\n", "")
