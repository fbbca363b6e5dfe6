"""Runs the command line: `python -m access_tokens.cli`."""

import sys

from . import main

if __name__ == "__main__":
    sys.exit(main())
