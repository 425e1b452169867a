"""`python -m deploy.migrations NAME=URL ...`: brings several services' databases up to date in one process.

One process, because loading Alembic costs more than the migrations do.
"""

import sys

from shared.migrations import upgrade

if __name__ == "__main__":
    for argument in sys.argv[1:]:
        name, _, url = argument.partition("=")
        upgrade(url, f"services.{name}:migrations")
