"""Hands mail to an SMTP server."""

from email.message import EmailMessage
from typing import Literal

from pydantic import SecretStr

Tls = Literal["starttls", "tls", "off"]
_SECONDS = 15.0


class Mailer:
    """One server, one sender; a connection for each mail."""

    def __init__(self, host: str, port: int, *, user: str, password: SecretStr, tls: Tls, sender: str) -> None:
        self._host = host
        self._port = port
        self._user = user
        self._password = password
        self._tls = tls
        self._sender = sender

    async def send(self, recipient: str, subject: str, text: str) -> None:
        """Returns once the server has taken it; raises whatever kept it from that."""
        import aiosmtplib  # here: a service that sends no mail does without its memory

        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, recipient, subject
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        await aiosmtplib.send(
            message,
            hostname=self._host,
            port=self._port,
            username=self._user or None,
            password=self._password.get_secret_value() or None,
            use_tls=self._tls == "tls",
            start_tls=self._tls == "starttls",
            timeout=_SECONDS,
        )
