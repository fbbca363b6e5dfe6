"""What the tests of files and endpoints share."""

from collections.abc import Callable

import click
import pytest

from ..helpers.canaries import secret_in
from ..helpers.frames import chain, locals_of

TOKEN_ID = "An6ladUCmSoDfciDaYDE9"
PAT, OTHER_PAT = (f"pat_{TOKEN_ID}.{part * 10}q8s=" for part in ("q83v", "7wAB"))
PHC = f"$scrypt$ln=14,r=8,p=1${'c2Fs' * 5}dA${'aGFz' * 10}aGE"


def refusal(call: Callable[[], object]) -> str:
    """Return what a usage error says, and see that it shows no secret anywhere."""
    with pytest.raises(click.UsageError) as raised:
        call()
    error = raised.value
    assert chain(error) == [error]
    shown = [error.message, repr(error), *(text for _, text in locals_of(error.__traceback__))]
    assert not [text for text in shown if secret_in(text) or PHC[-20:] in text]
    return error.message
