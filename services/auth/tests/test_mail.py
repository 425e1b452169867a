"""Mail, through a real SMTP server: addresses confirmed, passwords forgotten, and no mail where none is to be."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import HttpUrl
from sqlalchemy import select, update

from services.auth import postman
from services.auth.models import mail_codes, mails, metadata
from services.auth.settings import Settings
from services.auth.sweeper import sweep
from services.auth.tests.conftest import world_of
from services.auth.tests.world import PASSWORD, World, code
from shared.database import ReadSession, WriteSession
from shared.testing.waiting import eventually

NEW = "an even finer password"


class Mailbox:
    """Takes mail, or refuses it."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.refuse = 0

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:
        """What aiosmtpd calls for each mail."""
        if self.refuse:
            self.refuse -= 1
            return "451 later, please"
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        assert envelope.rcpt_tos == [str(letter["To"])]
        self.letters.append(letter)
        return "250 OK"

    async def code(self, subject: str, nth: int = 1) -> str:
        """The code in the nth mail of this subject."""

        async def arrived() -> list[EmailMessage]:
            found = [each for each in self.letters if subject in str(each["Subject"])]
            return found if len(found) >= nth else []

        letter = (await eventually(arrived))[nth - 1]
        (found,) = re.findall(r"^([\w-]{43})\r?$", letter.get_content(), re.MULTILINE)
        return str(found)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The postman looks often."""
    monkeypatch.setattr(postman, "_POLL", 0.02)


@asynccontextmanager
async def smtp_server(mailbox: Mailbox) -> AsyncIterator[int]:
    """A real one, on a free port."""
    loop = asyncio.get_running_loop()
    controller = UnthreadedController(mailbox, hostname="127.0.0.1", port=0, loop=loop)
    server = await loop.create_server(controller._factory_invoker, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
async def mailing(settings: Settings, mailbox: Mailbox) -> AsyncIterator[World]:
    """The service, with a mail server."""
    async with smtp_server(mailbox) as port, world_of(settings.model_copy(update=smtp(port))) as world:
        yield world


def smtp(port: int) -> dict[str, Any]:
    """Settings of a server without TLS, as only a test has one."""
    return {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_tls": "off", "smtp_from": "parley@example.org"}


async def test_an_address_is_confirmed_by_the_code_that_went_there(mailing: World, mailbox: Mailbox) -> None:
    ada = await mailing.person("ada")
    assert ada.me["email_verified"] is False
    sent = await mailbox.code("confirm")
    letter = mailbox.letters[0]
    assert (str(letter["To"]), str(letter["From"])) == ("ada@example.org", "parley@example.org")
    assert "account ada" in letter.get_content() and "24 hours" in letter.get_content()
    assert sent not in await mailing.db.read(_everything), "kept as a digest"
    answers = await asyncio.gather(*(verify(mailing, sent) for _ in range(3)))
    assert sorted(answers) == [204, 422, 422], "good once"
    assert (await ada.call("GET", "/users/me")).json() == ada.me | {"email_verified": True}
    assert (await ada.call("POST", "/auth/email/verification")).status_code == 202
    moved = await ada.call("PUT", "/users/me", json={"email": "ada@elsewhere.example"})
    assert moved.json()["email_verified"] is False
    assert await verify(mailing, await mailbox.code("confirm", 2)) == 204
    assert len(mailbox.letters) == 2, "who is confirmed gets no more"


async def test_a_code_is_for_the_address_that_it_went_to(mailing: World, mailbox: Mailbox) -> None:
    ada = await mailing.person("ada")
    sent = await mailbox.code("confirm")
    await ada.call("PUT", "/users/me", json={"email": "ada@elsewhere.example"})
    assert await verify(mailing, sent) == 422
    await mailbox.code("confirm", 2)
    assert (await ada.call("POST", "/auth/email/verification")).status_code == 202
    for wrong in ("", "x", "é", sent[:-1]):
        assert await verify(mailing, wrong) == 422
    assert len(mailbox.letters) == 2, "at most one a minute"


async def test_a_forgotten_password_is_made_anew_and_everybody_is_out(mailing: World, mailbox: Mailbox) -> None:
    ada = await mailing.person("ada")
    await ada.call("POST", "/auth/tokens", json={"name": "bot", "scopes": ["read"]})
    assert await forgot(mailing, "ADA@example.org") == 202
    sent = await mailbox.code("new password")
    assert code(await reset(mailing, sent, "password"))[1] == "weak_password"
    assert code(await reset(mailing, sent, "ada@example.org"))[1] == "weak_password"
    assert await verify(mailing, sent) == 422, "not good for anything else"
    tries = await asyncio.gather(*(reset(mailing, sent, f"{NEW} {n}") for n in range(3)))
    assert sorted(answer.status_code for answer in tries) == [204, 422, 422]
    assert code(next(answer for answer in tries if answer.status_code == 422)) == (422, "invalid_code")
    assert len(await mailing.told_of("session.revoked")) == 2, "the session and the token"
    assert code(await ada.call("GET", "/users/me")) == (401, "session_revoked")
    assert code(await mailing.sent_login("ada")) == (401, "bad_credentials")
    winner = next(n for n, answer in enumerate(tries) if answer.status_code == 204)
    again = await mailing.login("ada", f"{NEW} {winner}")
    assert again.me["email_verified"] is True, "the mail arrived there"


async def test_a_code_ends_in_time_and_with_the_password_it_is_for(mailing: World, mailbox: Mailbox) -> None:
    ada = await mailing.person("ada")
    await forgot(mailing, "ada@example.org")
    sent = await mailbox.code("new password")
    await mailing.db.write(_age, timedelta(minutes=31))
    assert (await reset(mailing, sent, NEW)).status_code == 422
    await mailing.db.write(sweep)
    await forgot(mailing, "ada@example.org")
    sent = await mailbox.code("new password", 2)
    change = {"current_password": PASSWORD, "new_password": NEW}
    assert (await ada.call("PUT", "/auth/password", json=change)).status_code == 204
    assert (await reset(mailing, sent, "yet another fine one")).status_code == 422


async def test_nobody_learns_who_has_an_account(mailing: World, mailbox: Mailbox) -> None:
    """S010."""
    await mailing.register("ada")
    await mailbox.code("confirm")
    answers = [
        await mailing.open_call("POST", "/auth/password/forgot", json={"email": email})
        for email in ("ada@example.org", "nobody@example.org", "ada@example.org")
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, b"")}
    assert len({tuple(sorted(set(answer.headers) - {"x-request-id"})) for answer in answers}) == 1
    await mailbox.code("new password")
    assert len(mailbox.letters) == 2, "one, although it was asked for twice"


async def test_what_is_not_taken_is_tried_again(
    mailing: World, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postman, "PAUSES", [timedelta(milliseconds=20)] * 5)
    mailbox.refuse = 2
    await mailing.register("ada")
    assert await verify(mailing, await mailbox.code("confirm")) == 204

    async def none_waits() -> bool:
        return await mailing.db.read(_waiting) == 0

    await eventually(none_waits)
    mailbox.refuse = 100
    await mailing.register("bob")
    await eventually(none_waits)
    assert mailbox.refuse == 95, "and given up in the end"


async def test_mail_survives_the_process_and_the_link_is_the_operators(
    settings: Settings, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postman, "PAUSES", [timedelta(milliseconds=20)] * 500)
    async with world_of(settings.model_copy(update=smtp(1))) as world:
        await world.register("ada")
    async with smtp_server(mailbox) as port:
        public = smtp(port) | {"public_url": HttpUrl("https://chat.example.org")}
        async with world_of(settings.model_copy(update=public)) as world:
            sent = await mailbox.code("confirm")
            assert f"https://chat.example.org/#verify={sent}" in mailbox.letters[0].get_content()
            assert await verify(world, sent) == 204


async def test_without_a_server_no_mail_waits_and_nothing_is_different(light: World) -> None:
    ada = await light.person("ada")
    assert (await ada.call("POST", "/auth/email/verification")).status_code == 202
    assert await forgot(light, "ada@example.org") == 202
    assert await light.db.read(_waiting) == 0
    assert code(await reset(light, "x", NEW)) == (422, "invalid_code")
    assert code(await light.open_call("POST", "/auth/email/verification")) == (401, "unauthorized")


async def verify(world: World, sent: str) -> int:
    return (await world.open_call("POST", "/auth/email/verify", json={"code": sent})).status_code


async def forgot(world: World, email: str) -> int:
    return (await world.open_call("POST", "/auth/password/forgot", json={"email": email})).status_code


async def reset(world: World, sent: str, password: str) -> httpx.Response:
    return await world.open_call("POST", "/auth/password/reset", json={"code": sent, "new_password": password})


def _age(tx: WriteSession, by: timedelta) -> None:
    for digest, made, end in tx.execute(
        select(mail_codes.c.digest, mail_codes.c.created_at, mail_codes.c.expires_at)
    ).all():
        older = {"created_at": made - by, "expires_at": end - by}
        tx.execute(update(mail_codes).where(mail_codes.c.digest == digest).values(**older))


def _waiting(tx: ReadSession) -> int:
    return len(tx.execute(select(mails.c.id)).all())


def _everything(tx: ReadSession) -> str:
    return repr([list(tx.execute(select(table))) for table in metadata.sorted_tables])
