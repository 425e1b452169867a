"""`create-admin <username>`: the password comes from AUTH_ADMIN_PASSWORD, else from standard input."""

import asyncio
import getpass
import sys

from pydantic import SecretStr

from services.auth.actions.create_user import create_user
from services.auth.actions.make_admin import promote
from services.auth.admin_draft import admin_draft
from services.auth.passwords import Passwords
from services.auth.settings import Settings
from shared.database import Database
from shared.migrations import upgrade
from shared.problems import Problem


async def create_admin_command(settings: Settings, arguments: list[str]) -> int:
    """Make an admin, or make one of somebody who has an account; the exit status."""
    if len(arguments) != 1:
        print("usage: python -m services.auth create-admin <username>", file=sys.stderr)  # noqa: T201
        return 2
    await asyncio.to_thread(upgrade, settings.database_url, "services.auth:migrations")
    db = Database(settings.database_url)
    try:
        print(await _make(db, settings, arguments[0]))  # noqa: T201
        return 0
    except (Problem, ValueError) as error:
        print(f"auth: {error}", file=sys.stderr)  # noqa: T201
        return 1
    finally:
        await asyncio.to_thread(db.close)


async def _make(db: Database, settings: Settings, username: str) -> str:
    if await db.write(promote, username):
        return f"{username} is an admin now."
    draft = admin_draft(username, settings.auth_admin_password or _asked(), settings.auth_admin_email)
    passwords = Passwords()
    async with passwords.running():
        await db.write(create_user, draft, await passwords.hash(draft.password), "admin")
    return f"{username} has an account and is an admin."


def _asked() -> SecretStr:
    if sys.stdin.isatty():
        return SecretStr(getpass.getpass("Password: "))
    return SecretStr(sys.stdin.readline().rstrip("\r\n"))
