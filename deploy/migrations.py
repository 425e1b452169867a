"""`python -m deploy.migrations NAME=URL ...`: brings several services' databases up to date in one process.

One process, because loading Alembic costs more than the migrations do. Ends with 1 and one sentence when it can't.
"""

import logging
import sys

from sqlalchemy.exc import DBAPIError

from shared import logs
from shared.migrations import upgrade


def main(arguments: list[str]) -> int:
    """Upgrade each database; the exit status."""
    logging.getLogger("alembic").setLevel(logging.WARNING)  # of each step: one line for all of them is enough
    for argument in arguments:
        name, _, url = argument.partition("=")
        logs.configure(name, "console")
        try:
            upgrade(url, f"services.{name}:migrations")
        except (DBAPIError, TimeoutError, ValueError) as error:
            reason = str(error.orig if isinstance(error, DBAPIError) else error).partition("\n")[0]
            print(f"The database of {name} can't be brought up to date: {reason}.", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
