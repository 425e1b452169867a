"""The command line of every service: `python -m services.<name> [serve|migrate|contract|...]`."""

import asyncio
import importlib
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from fastapi import FastAPI
from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsError

from shared import logs
from shared.settings import DatabaseSettings, ProcessSettings

if TYPE_CHECKING:
    from shared.events import Event

Settings = TypeVar("Settings", bound=ProcessSettings)
Command = Callable[[Any, list[str]], Any]


def service_main(
    service: str,
    settings_class: type[Settings],
    create_app: Callable[[Settings], FastAPI],
    migrations: str | None = None,
    commands: Mapping[str, Command] | None = None,
    events: Sequence[type["Event"]] = (),
    serve: Callable[[Settings], None] | None = None,
) -> None:
    """Run the command the process was started with.

    An extra command is called with the settings and its arguments, may be a coroutine function, and may return an exit
    status. `serve` takes the place of the plain server for a process that needs another one.
    """
    name, *arguments = sys.argv[1:] or ["serve"]
    extra = dict(commands or {})
    known = ["serve", *(["migrate"] if migrations else []), "contract", *extra]
    if name not in known:
        _stop(f"usage: python -m services.{service} [{'|'.join(known)}]")
    if name == "contract":
        _write_contract(service, settings_class, create_app, events)
        return
    settings = _settings(service, settings_class)
    logs.configure(service, settings.log_format, settings.log_level, for_good=True)
    if name in extra:
        sys.exit(_run(extra[name], settings, arguments))
    elif name == "migrate":
        _migrate(settings, migrations)
    elif serve is not None:
        serve(settings)
    else:
        from shared.server import run

        run(create_app, settings)


def _settings(service: str, settings_class: type[Settings]) -> Settings:
    try:
        return settings_class()
    except ValidationError as exc:
        _stop(f"{service}: " + "; ".join(_sentence(error) for error in exc.errors(include_input=False)) + ".")
    except SettingsError as exc:
        _stop(f"{service}: {exc}.")


def _sentence(error: Mapping[str, Any]) -> str:
    name = str(error["loc"][0]).upper() if error["loc"] else "the environment"
    if error["type"] == "missing":
        return f"{name} is not set"
    message = error["msg"].removeprefix("Value error, ")
    return f"{name} {message}" if message.startswith(("must", "is ")) else f"{name}: {message}"


def _stop(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    sys.exit(2)


def _run(command: Command, settings: ProcessSettings, arguments: list[str]) -> int:
    result = command(settings, arguments)
    if inspect.iscoroutine(result):
        result = asyncio.run(result)
    return result if isinstance(result, int) else 0


def _migrate(settings: ProcessSettings, migrations: str | None) -> None:
    # Alembic is loaded for this command alone: a serving process has no use for its memory.
    from shared.migrations import upgrade

    assert isinstance(settings, DatabaseSettings) and migrations is not None
    upgrade(settings.database_url, migrations)


def _write_contract(
    service: str,
    settings_class: type[Settings],
    create_app: Callable[[Settings], FastAPI],
    events: Sequence[type["Event"]],
) -> None:
    from shared.contract import write_contract

    folder = Path(next(iter(importlib.import_module(f"services.{service}").__path__))) / "contract"
    methods = importlib.import_module(f"services.{service}.methods").METHODS if events else None
    write_contract(create_app(stand_in_settings(settings_class)), events, folder, methods)
    print(f"wrote {folder}")


def stand_in_settings(settings_class: type[Settings]) -> Settings:
    """Settings that satisfy the types but open nothing: the contract does not depend on where a service runs."""
    secret = "0123456789abcdef" * 4
    values: dict[str, Any] = {}
    for name, field in settings_class.model_fields.items():
        if field.is_required():
            values[name] = "sqlite:///contract.sqlite3" if name == "database_url" else secret
            if field.annotation is SecretStr:
                values[name] = SecretStr(secret)
    return settings_class(**values)
