"""`python -m access_tokens.testing`."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable
from types import FrameType

import httpx
import pytest

from access_tokens.testing import __main__ as command


def read_banner(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    lines: list[str] = []
    while not lines or not lines[-1].startswith("curl -s http"):
        lines.append(process.stdout.readline())
        assert lines[-1], "ended before the banner did"
    return "".join(lines)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_runs_until_it_is_told_to_stop(number):
    arguments = [sys.executable, "-m", "access_tokens.testing", "--port", "0"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        banner = read_banner(process)
        endpoint, pat = re.findall(r"^(?:Endpoint|Admin PAT): +(\S+)$", banner, re.MULTILINE)
        with httpx.Client(base_url=endpoint, verify=False) as http:
            answer = http.post("/auth/token", headers={"Authorization": f"Bearer {pat}"})
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)

    assert answer.status_code == 200
    assert (process.returncode, errors) == (0, "")
    assert f"curl -sX POST {endpoint}/auth/token -H 'Authorization: Bearer {pat}'" in banner


@pytest.mark.prints_secrets("it introduces the service, with its administrator's PAT")
def test_signals_end_it(monkeypatch, capsys):
    def signal_at_once(number: int, handler: Callable[[int, FrameType | None], None]) -> None:
        handler(number, None)

    monkeypatch.setattr(signal, "signal", signal_at_once)
    monkeypatch.setattr(sys, "argv", ["testing"])

    command.main()

    assert capsys.readouterr().out.startswith("Endpoint:   http://127.0.0.1:")


def test_it_offers_no_host(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["testing", "--host", "0.0.0.0"])

    with pytest.raises(SystemExit, match="2"):
        command.main()
    assert "--host" in capsys.readouterr().err
