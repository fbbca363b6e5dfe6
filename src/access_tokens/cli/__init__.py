"""The command line, `access-tokens`: what an administrator does in a shell.

`main` is its entry point. It needs the extra: `pip install "access-tokens-client[cli]"`.
"""

import sys
from collections.abc import Sequence


def main(args: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        args: The arguments after the name of the program. By default, those of this process.

    Returns:
        The exit status: 0 for success; 1 if something failed; 2 if what was given is wrong, so that nothing
        was sent; 3 for `sync --dry-run --exit-code` with something to do; 128 and the number of
        a signal, so 130 after Ctrl-C.
    """
    try:
        from .entry_point import run

        return run(args)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("access_tokens"):
            raise
        needs = f'access-tokens needs {error.name!r}: pip install "access-tokens-client[cli]"'
        print(needs, file=sys.stderr)  # noqa: T201 - without click
        return 2
    except KeyboardInterrupt:  # while modules are imported
        return 130
