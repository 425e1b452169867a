"""The operator's commands. Passwords come from the environment or standard input, never from the command line."""

import asyncio
import getpass
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from pydantic import SecretStr

from services.auth.actions.create_user import create_user
from services.auth.actions.end_sessions import end_all_of
from services.auth.actions.make_admin import promote
from services.auth.actions.rotate_keys import rotate_keys
from services.auth.admin_draft import admin_draft
from services.auth.keys import new_signing_key, signing_keys
from services.auth.settings import Settings
from services.auth.wiring import key_seal, passwords
from shared.clock import rfc3339
from shared.database import Database
from shared.migrations import upgrade
from shared.problems import Problem


async def create_admin_command(settings: Settings, arguments: list[str]) -> int:
    """`create-admin <username>`: make an admin, or make one of somebody who has an account; the exit status."""
    if len(arguments) != 1:
        return _usage("create-admin <username>")
    async with _opened(settings) as db:
        return await _said(_make(db, settings, arguments[0]))


async def rotate_keys_command(settings: Settings, arguments: list[str]) -> int:
    """`rotate-keys`: a new key signs soon, and those that signed before are dropped when their tokens have ended."""
    if arguments:
        return _usage("rotate-keys")
    async with _opened(settings) as db:
        return await _said(_rotate(db, settings))


async def revoke_user_command(settings: Settings, arguments: list[str]) -> int:
    """`revoke-user <username>`: end all sessions and personal access tokens of somebody (by name or address)."""
    if len(arguments) != 1:
        return _usage("revoke-user <username>")
    async with _opened(settings) as db:
        return await _said(_revoke(db, arguments[0]))


async def _make(db: Database, settings: Settings, username: str) -> str:
    if await db.write(promote, username):
        return f"{username} is an admin now."
    password = settings.auth_admin_password or _asked()
    draft = admin_draft(username, password, settings.auth_admin_email, settings.password_min)
    hashing = passwords(settings)
    async with hashing.running():
        await db.write(create_user, draft, await hashing.hash(draft.password), "admin")
    return f"{username} has an account and is an admin."


async def _rotate(db: Database, settings: Settings) -> str:
    if settings.auth_key_file is not None:
        raise ValueError("AUTH_KEY_FILE has the keys: add the new one behind the others, restart, then put it first")
    key, (first,) = new_signing_key(), signing_keys(settings.secret_key.get_secret_value(), None)
    signs_from, dropped_at = await db.write(rotate_keys, key.kid, key_seal(settings).close(key), first.kid)
    return (
        f"Key {key.kid} is published, signs from {rfc3339(signs_from)}; "
        f"those before it are dropped at {rfc3339(dropped_at)}."
    )


async def _revoke(db: Database, username: str) -> str:
    if not await db.write(end_all_of, username):
        raise ValueError(f"nobody is called {username}")
    return f"All sessions and tokens of {username} have ended."


def _asked() -> SecretStr:
    if sys.stdin.isatty():
        return SecretStr(getpass.getpass("Password: "))
    return SecretStr(sys.stdin.readline().rstrip("\r\n"))


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Database]:
    await asyncio.to_thread(upgrade, settings.database_url, "services.auth:migrations")
    db = Database(settings.database_url)
    try:
        yield db
    finally:
        await asyncio.to_thread(db.close)


def _usage(command: str) -> int:
    print(f"usage: python -m services.auth {command}", file=sys.stderr)  # noqa: T201
    return 2


async def _said(work: Coroutine[Any, Any, str]) -> int:
    try:
        print(await work)  # noqa: T201
        return 0
    except (Problem, ValueError) as error:
        print(f"auth: {error}", file=sys.stderr)  # noqa: T201
        return 1
