"""Logs: no secret gets in, no text forges a line, every line says which request it is of."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import structlog

from shared import logs
from shared.redaction import described, redacted
from shared.testing.failures import unforeseen
from shared.web.request_id import request_id_bound

Logged = Callable[[], list[dict[str, Any]]]
CANARY = "hunter2canary"
JWT = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"

SECRET_TEXTS = [
    f"/ws/rooms/1?token={CANARY}",
    f"/files/1/content?x=1&token={CANARY}&y=2",
    f"ticket={CANARY}",
    f"Authorization: Bearer {CANARY}",
    f"authorization: Basic {CANARY}",
    f"{{'Authorization': 'Bearer {CANARY}'}}",
    f'{{"password": "{CANARY}"}}',
    f"PASSWORD={CANARY}",
    f"refresh_token={CANARY}",
    f"api_key={CANARY}",
    f"Cookie: {CANARY}",
    f"postgresql://parley:{CANARY}@db/parley",
    f"nats://user:{CANARY}@127.0.0.1:4222",
    f"secret:{CANARY}",
]


@pytest.mark.parametrize("text", SECRET_TEXTS)
def test_a_secret_is_hidden_wherever_it_stands(text: str, logged: Logged) -> None:
    log = structlog.get_logger()
    log.info(text, where=text, deep={"list": [text]})
    logging.getLogger("library").warning("%s", text)
    logging.getLogger("library").warning(text)
    try:
        raise ValueError(text)
    except ValueError:
        log.exception("failed")
        logging.getLogger("library").exception("failed")
    lines = logged()
    assert len(lines) == 5
    assert CANARY not in json.dumps([line | {"exception": _without_source(line)} for line in lines])


def _without_source(line: dict[str, Any]) -> str:
    return str(line.get("exception", "")).rpartition("ValueError: ")[2]


def test_a_secret_is_hidden_by_its_name(logged: Logged) -> None:
    names = ["password", "new_password", "token", "access_token", "ticket", "Authorization", "caller_secret", "apiKey"]
    structlog.get_logger().info("x", **dict.fromkeys(names, CANARY), headers={"Cookie": CANARY})
    assert CANARY not in json.dumps(logged())


def test_a_jwt_is_hidden_anywhere() -> None:
    assert redacted(f"got {JWT} from a client") == "got *** from a client"
    assert redacted(JWT) == "***"


def test_what_is_not_secret_stays() -> None:
    for text in ("/api/v1/rooms/0199", "a: b", "count=7", "https://example.org/a?b=c", "12:30:00"):
        assert redacted(text) == text


def test_redaction_is_linear() -> None:
    import time

    for text in ("token" * 20_000, "eyJ" * 30_000, "://" * 30_000, "bearer " * 15_000, "=" * 100_000, "://a:" * 20_000):
        started = time.process_time()
        redacted(text)
        assert time.process_time() - started < 0.5, text[:10]


def test_a_line_says_which_request_it_is_of(logged: Logged) -> None:
    with request_id_bound("abc"):
        structlog.get_logger().info("inside")
        logging.getLogger("library").warning("inside")
    structlog.get_logger().info("outside")
    assert [line.get("request_id") for line in logged()] == ["abc", "abc", None]


def test_an_error_is_described_without_the_values_it_repeats() -> None:
    try:
        try:
            raise KeyError("first")
        except KeyError as cause:
            raise ValueError(f"duplicate key\nDETAIL: Key (email)=({CANARY})") from cause
    except ValueError as exc:
        text = described(exc)
    assert text.index("KeyError: 'first'") < text.index("which led to") < text.index("ValueError: duplicate key")
    assert "DETAIL: Key (email)=(hunter2canary)" not in text


EVIL = 'a\r\n{"event":"forged"}\x1b[31m\u2028\u2029\x85\x00"'


def test_json_lines_cannot_be_forged(logged: Logged) -> None:
    structlog.get_logger().info(EVIL, user=EVIL)
    (line,) = logged()
    assert (line["event"], line["user"]) == (EVIL, EVIL)


def test_a_log_takes_anything(logged: Logged) -> None:
    structlog.get_logger().info("\ud800", number=2**70, odd={1: object(), "\udfff": b"\xff"})
    assert logged()[0]["event"] == "\ud800"


def test_console_lines_cannot_be_forged(logged: Logged, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("toy", "console")
    structlog.get_logger().info(EVIL, user=EVIL)
    said = capsys.readouterr().err
    assert said.count("\n") == 1 == len(said.splitlines())
    assert "\x1b" not in said


def test_console_lines_are_for_the_eye(
    logged: Logged, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    logs.configure("toy", "console", "warning")
    structlog.get_logger().info("not shown")
    structlog.get_logger().warning("look", a=1, b=None)
    assert capsys.readouterr().err[13:] == "warning toy        look a=1\n"
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: True)
    monkeypatch.setattr("sys.stderr", screen)
    logs.configure("toy", "console")
    try:
        raise ValueError("why")
    except ValueError:
        structlog.get_logger().exception("failed")
    assert screen.getvalue().startswith("\x1b[31m")
    assert screen.getvalue().endswith("ValueError: why\n")


@pytest.mark.parametrize("form", ["console", "json"])
def test_what_nobody_foresaw_is_found_in_a_log(form: str) -> None:
    script = (
        f"import structlog\nfrom shared.logs import configure\nconfigure('toy', {form!r})\n"
        "log = structlog.get_logger()\nlog.error('no exception')\n"
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    log.exception('it broke')\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not unforeseen(ran.stderr.splitlines()[0])
    assert "it broke" in unforeseen(ran.stderr)
