"""Sends the mail that waits in the database, each until the server has taken it or a day has gone by.

Mail is a row in the transaction that wants it, so none is lost with the process. It is taken by putting it off, so of
several replicas one sends it; when one dies between sending and noting it, the mail goes twice, and both codes work.
"""

from datetime import timedelta

import structlog

from services.auth.actions.mail_codes import attach_code
from services.auth.letters import letter
from services.auth.mailer import Mailer
from services.auth.store import mails
from services.auth.store.mails import MailRow
from services.auth.tokens import digest, new_mail_code
from shared.database import Database
from shared.recurring import Recurring

_log = structlog.get_logger(__name__)
_POLL = 1.0
PAUSES = [timedelta(seconds=60 * 2**n) for n in range(10)]


class Postman:
    """A part: sends while it runs."""

    def __init__(self, db: Database, mailer: Mailer, public_url: str) -> None:
        self._db = db
        self._mailer = mailer
        self._public_url = public_url
        self.running = Recurring("postman", self._send_due, trouble="mail waits", after_failure=_POLL).running

    async def _send_due(self) -> float:
        while mail := await self._due():
            await self._send(mail)
        return _POLL

    async def _due(self) -> MailRow | None:
        if not await self._db.read(mails.any_due):
            return None
        return await self._db.write(mails.take_due, PAUSES)

    async def _send(self, mail: MailRow) -> None:
        code = new_mail_code()
        user = await self._db.write(attach_code, mail, digest(code))
        if user is not None:
            said = letter(mail.purpose, user.username, code, self._public_url)
            try:
                await self._mailer.send(mail.email, said.subject, said.text)
            except Exception as error:
                # The kind, not the message: servers like to repeat addresses.
                _log.warning(
                    "a mail was not taken", purpose=mail.purpose, tries=mail.tries + 1, reason=type(error).__name__
                )
                return
        await self._db.write(mails.remove, mail.id)
