"""A plugin: what services ask over NATS in any test is what the asked one takes, now and as it was last released; and
what they answer is what they have committed to."""

import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal

import orjson
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from shared.bus import Bus
from shared.remote import Handler
from shared.testing.contract.committed import SERVICES, methods_of, released_methods_of

Part = Literal["question", "answer"]
_MOST = 20  # of each kind in a test: it takes longer to look at a request than to serve it


@pytest.fixture(autouse=True)
def _requests_as_promised(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    request_raw, serve = Bus.request_raw, Bus.serve
    noted: list[tuple[Part, str, bytes]] = []
    times: Counter[tuple[str, Part]] = Counter()

    def note(part: Part, subject: str, said: bytes) -> None:
        times[subject, part] += 1
        if times[subject, part] <= _MOST:
            noted.append((part, subject, said))

    async def asked(bus: Bus, subject: str, data: bytes, timeout: float = 2.0) -> bytes:
        if _is_ours(_asker()):
            note("question", subject, data)
        return await request_raw(bus, subject, data, timeout)

    async def served(bus: Bus, method: str, handler: Handler) -> Any:
        async def answered(payload: Any) -> Any:
            answer = await handler(payload)
            note("answer", f"rpc.{bus.service}.{method}", answer if isinstance(answer, bytes) else orjson.dumps(answer))
            return answer

        ours = _is_ours(getattr(handler, "__module__", ""))
        return await serve(bus, method, answered if ours else handler)

    monkeypatch.setattr(Bus, "request_raw", asked)
    monkeypatch.setattr(Bus, "serve", served)
    yield
    # Not where it happens: somebody waits for the answer, and what goes wrong in an application is a 500 of its own.
    assert not [breach for one in noted for breach in breaches_of(*one)]


def breaches_of(part: Part, subject: str, said: bytes) -> list[str]:
    """How it differs from what the service of this subject committed to; nothing for services of tests alone."""
    _, service, method = subject.split(".", 2)
    if not (SERVICES / service / "contract").is_dir():
        return []
    if method not in methods_of(service):
        return [f"{service} has not committed to {method}"]
    validators = [_validator(part, service, method, False)]
    if part == "question" and method in released_methods_of(service):
        validators.append(_validator(part, service, method, True))
    errors = [error for one in validators if one is not None for error in one.iter_errors(orjson.loads(said))]
    return list(dict.fromkeys(f"{part} of {service}.{method}: {error.json_path} {error.message}" for error in errors))


@cache
def _validator(part: Part, service: str, method: str, released: bool) -> Draft202012Validator | None:
    """None for what is not JSON."""
    schema = (released_methods_of if released else methods_of)(service)[method][part]
    if "contentMediaType" in schema:
        return None
    return Draft202012Validator(schema, format_checker=FormatChecker())


def _asker() -> str:
    """The module that asks: the first outside of the bus and of here."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_globals["__name__"] in ("shared.bus", __name__):
        frame = frame.f_back
    return str(frame.f_globals["__name__"])


def _is_ours(module: str) -> bool:
    """Whether it is a service's or the kit's, and no test's stand-in for one."""
    return module.startswith(("services.", "shared.")) and not {"tests", "testing"} & set(module.split("."))
