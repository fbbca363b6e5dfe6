"""`python -m access_tokens.testing`."""

import os
import signal
import subprocess
import sys

import attrs
import httpx
import pytest

from access_tokens.testing import LocalService
from access_tokens.testing import __main__ as command

from ..helpers.local_service import exchange

RUN = f"{sys.executable} -m access_tokens.testing"
# A quote, a variable and a comment: nothing that a shell may take for its own.
PREFIX = "a'$HOME#`_"
PAT = PREFIX + "0" * 21 + ".c2VjcmV0"
VARIABLES = '"$ACCESS_TOKENS_ENDPOINT" "$ACCESS_TOKENS_API_KEY" "$ACCESS_TOKENS_SERVICE_PID"'
SHELL = f'eval "$({RUN} "$@" &)"; printf "%s\\n" {VARIABLES}'


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_runs_until_it_is_told_to_stop(number):
    with subprocess.Popen(RUN.split(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().removeprefix("export ") for _ in range(3)]
        exports = dict(line.split("=", 1) for line in lines)
        endpoint, pat = (exports[f"ACCESS_TOKENS_{name}"].strip() for name in ("ENDPOINT", "API_KEY"))
        with httpx.Client(base_url=endpoint, verify=False) as http:
            assert exchange(http, pat).status_code == 200
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)

    assert (process.returncode, errors) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="for the shells of Unix")
def test_a_shell_evaluates_what_it_prints():
    """And is not kept waiting by the service, which lives on behind it, whatever Ctrl-C the shell gets."""
    arguments = ["--prefix", PREFIX, "--pat", PAT, "--errors", "text"]
    script = f'{SHELL}; echo "${{ACCESS_TOKENS_API_KEY_FILE-unset}}"'
    variables = os.environ | {"ACCESS_TOKENS_API_KEY_FILE": "/run/secrets/pat"}
    shell = subprocess.check_output(
        ["sh", "-c", script, "sh", *arguments], text=True, timeout=60, env=variables
    )
    endpoint, pat, pid, file = shell.split()
    assert file == "unset"
    try:
        os.kill(int(pid), signal.SIGINT)
        with httpx.Client(base_url=endpoint, verify=False) as http:
            assert exchange(http, pat).status_code == 200
            assert isinstance(exchange(http, "x").json()["error"], str)
    finally:
        os.kill(int(pid), signal.SIGTERM)
    assert pat == PAT


@pytest.mark.skipif(sys.platform == "win32", reason="for the shells of Unix")
@pytest.mark.parametrize(
    ("mistake", "said"), [(["--pat", "x"], "error: --pat must be a PAT"), (["--prot", "1"], "--prot")]
)
def test_a_shell_goes_on_with_no_other_service_when_this_one_does_not_start(mistake, said):
    evaluated = f'eval "$({RUN} "$@" &)" || echo "failed $ACCESS_TOKENS_ENDPOINT"'
    shell = f"ACCESS_TOKENS_ENDPOINT=https://prod; {evaluated}"
    done = subprocess.run(["sh", "-c", shell, "sh", *mistake], capture_output=True, text=True, check=False)
    assert (done.stdout, said in done.stderr) == ("failed \n", True)


def test_every_option_of_the_service_has_a_switch():
    switches = {action.dest for action in command._parser()._actions} - {"help"}
    assert switches == {field.name for field in attrs.fields(LocalService) if field.init}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--host", "0.0.0.0"], "--host"),
        (["--pat", PAT], "--pat must be a PAT: the prefix 'pat_'"),
        (["--rate-limit", "-1", "60"], "--rate-limit must be"),
        (["--port", "{taken}"], "Address already in use"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(service, arguments, reason, monkeypatch, capsys):
    taken = service.endpoint.rpartition(":")[2]
    monkeypatch.setattr(sys, "argv", ["testing", *(each.format(taken=taken) for each in arguments)])

    with pytest.raises(SystemExit, match="2"):
        command.main()
    error = capsys.readouterr().err
    assert reason in error
    assert PAT not in error
