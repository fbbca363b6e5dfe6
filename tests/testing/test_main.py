"""`python -m access_tokens.testing`."""

import re
import signal
import subprocess
import sys

import httpx
import pytest

from access_tokens.testing import __main__ as command

from ..helpers.local_service import exchange


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_runs_until_it_is_told_to_stop(number):
    arguments = [sys.executable, "-m", "access_tokens.testing", "--port", "0"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        banner = ""
        while "\ncurl -s http" not in banner:
            banner += process.stdout.readline() or pytest.fail("it ended before the banner did")
        endpoint, pat = re.findall(r"^(?:Endpoint|Admin PAT): +(\S+)$", banner, re.MULTILINE)
        with httpx.Client(base_url=endpoint, verify=False) as http:
            assert exchange(http, pat).status_code == 200
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)

    assert (process.returncode, errors) == (0, "")
    assert f"curl -sX POST {endpoint}/auth/token -H 'Authorization: Bearer {pat}'" in banner


def test_it_offers_no_host(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["testing", "--host", "0.0.0.0"])

    with pytest.raises(SystemExit, match="2"):
        command.main()
    assert "--host" in capsys.readouterr().err
