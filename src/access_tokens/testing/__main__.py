"""Runs a local service until Ctrl-C or SIGTERM.

It prints the variables that `from_env()` reads, in a form for `eval "$(python -m access_tokens.testing &)"`.
"""

import argparse
import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import NoReturn, get_args

from access_tokens.testing import LocalService
from access_tokens.testing._settings import Dress

# For a shell that evaluates it when the service does not start: else the program that follows would go on
# with the variables of before, which may name a real service.
_NAMES = "ACCESS_TOKENS_ENDPOINT ACCESS_TOKENS_API_KEY ACCESS_TOKENS_API_KEY_FILE ACCESS_TOKENS_SERVICE_PID"
_FAILED = f"unset {_NAMES}; false"
_BANNER = """\
export ACCESS_TOKENS_ENDPOINT={endpoint}
export ACCESS_TOKENS_API_KEY={pat}
export ACCESS_TOKENS_SERVICE_PID={pid}
unset ACCESS_TOKENS_API_KEY_FILE
# curl -sX POST {endpoint}{auth_path}/token -H {authorization}
# curl -s {endpoint}{admin_path}/tokens -H 'Authorization: Bearer <the access_token>'
# kill {pid}
"""


def main() -> None:
    """Run the service until a signal arrives."""
    parser = _parser()
    options = vars(parser.parse_args())
    if "rate_limit" in options:
        options["rate_limit"] = tuple(options["rate_limit"])
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    try:
        service = LocalService(**options)
        service.start()
    except (ValueError, OSError) as error:
        parser.error(_with_switches(str(error)))
    with service:
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as a shell has it for what runs behind it
                signal.signal(number, stop)
        _introduce(service)
        stopping.wait()


def _with_switches(message: str) -> str:
    """Name the switch of an option that a message begins with."""
    name, space, rest = message.partition(" ")
    switch = "--pat" if name == "admin_pat" else f"--{name.replace('_', '-')}"
    return f"{switch}{space}{rest}" if rest.startswith("must ") else message


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(_FAILED, flush=True)
        super().error(message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m access_tokens.testing",
        description=__doc__,
        argument_default=argparse.SUPPRESS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="The options are those of access_tokens.testing.LocalService, which describes them.",
    )
    _add_options(parser.add_argument)
    return parser


def _add_options(add: Callable[..., object]) -> None:
    add("--port", type=int, help="where to listen on loopback; 0, the default, for a free port")
    add(
        "--pat",
        dest="admin_pat",
        metavar="PAT",
        help="the administrator's PAT, such as generate_token() makes",
    )
    add("--prefix", help="what each PAT begins with; pat_ by default")
    add("--auth-path", metavar="PATH", help="the path of the token endpoint, without /token")
    add("--admin-path", metavar="PATH", help="the path of the token management, without /tokens")
    add("--issuer", help="the issuer in the JWTs")
    add("--lifetime", type=int, metavar="SECONDS", help="how long a JWT is valid; an hour by default")
    add(
        "--rate-limit",
        type=int,
        nargs=2,
        metavar=("COUNT", "SECONDS"),
        help="the most exchanges in so many seconds",
    )
    add("--errors", choices=get_args(Dress), help="error bodies; json by default, production has no reasons")
    add("--no-bootstrap", dest="bootstrap", action="store_false", help="no exchange makes the first token")
    add("--empty", action="store_true", help="start without a token")
    add("--documented", action="store_true", help="answer 404, 409 and 400 as documented, instead of 500")
    add("--nulls", action="store_true", help="send unset properties as null")


def _introduce(service: LocalService) -> None:
    text = _BANNER.format(
        endpoint=shlex.quote(service.endpoint),
        pat=shlex.quote(service.admin_pat),
        pid=os.getpid(),
        authorization=shlex.quote(f"Authorization: Bearer {service.admin_pat}"),
        auth_path=service.auth_path,
        admin_path=service.admin_path,
    )
    print(text, flush=True)
    # A shell that reads the output, as `$(...)` does, waits until nobody can write any more.
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)


if __name__ == "__main__":
    main()
