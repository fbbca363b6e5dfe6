"""`generate`: make a PAT on this machine, for an administrator to register."""

from __future__ import annotations

from contextlib import nullcontext

import click

from ..options import examples, output_option, with_output
from ..output import Output, pat_field, pat_text
from ..secret_file import new_file
from ..values import PREFIX, TOKEN_ID

_TEXT = """\
Here is your new personal access token. Don't share it with anyone!

{pat}

Provide the following information to your administrator to register the token:

Token ID: {made.token_id}
Secret hash: {made.secret_phc}"""

_EXAMPLES = examples("access-tokens generate", "access-tokens generate --output pat.txt --json")


@click.command("generate", epilog=_EXAMPLES)
@click.option(
    "--token-prefix",
    "prefix",
    type=PREFIX,
    metavar="TEXT",
    default="pat_",
    help="What the PAT begins with.",
)
@click.option(
    "--token-id", type=TOKEN_ID, metavar="ID", help="The id, 21 letters and digits; a random one by default."
)
@output_option
@with_output
def generate(output: Output, *, prefix: str, token_id: str | None, file: str | None) -> None:
    """Make a PAT here, for `register`.

    No service is asked. Give the id and the hash to an administrator, who runs `register`; the PAT goes to
    nobody else.
    """
    from ...tokens import generate_token

    with new_file(file) if file else nullcontext() as kept:
        made = generate_token(prefix, token_id)
        if kept:
            kept.write(made.token)
    output.result(
        text=_TEXT.format(made=made, pat=pat_text(made.token, file)),
        bare=made.token_id if file else made.token,
        document={
            **pat_field(made.token, file),
            "tokenId": made.token_id,
            "secretPhc": made.secret_phc,
        },
    )
