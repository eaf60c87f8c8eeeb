"""The command line program, which is a C++ program inside of the package: `python -m isthmus` and `isthmus`."""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Become the command line program, with this process's arguments. Exits 127 when the package lacks it."""
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", "isthmus")
    try:
        os.execv(program, ["isthmus", *sys.argv[1:]])
    except OSError as error:
        sys.exit(f"isthmus: {program} cannot be run ({error.strerror}); was the package installed by pip?")


if __name__ == "__main__":
    main()
