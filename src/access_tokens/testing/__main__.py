"""Runs a local service until Ctrl-C or SIGTERM: ``python -m access_tokens.testing --port 8080``."""

import argparse
import signal
import threading
from types import FrameType

from access_tokens.testing import LocalService

_BANNER = """\
Endpoint:   {endpoint}
Admin PAT:  {pat}

curl -sX POST {endpoint}{auth_path}/token -H 'Authorization: Bearer {pat}'
curl -s {endpoint}{admin_path}/tokens -H 'Authorization: Bearer <the access_token>'
"""


def main() -> None:
    """Run the service until a signal arrives."""
    parser = argparse.ArgumentParser(prog="python -m access_tokens.testing", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="where to listen on loopback; 0 for a free port")
    service = LocalService(port=parser.parse_args().port)
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with service:
        _introduce(service)
        stopping.wait()


def _introduce(service: LocalService) -> None:
    text = _BANNER.format(
        endpoint=service.endpoint,
        pat=service.admin_pat,
        auth_path=service.auth_path,
        admin_path=service.admin_path,
    )
    print(text, flush=True)


if __name__ == "__main__":
    main()
