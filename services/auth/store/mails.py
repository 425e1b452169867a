"""The tables of mail: what is to go out, and the codes that went."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, insert, select, union_all, update

from services.auth.models import mail_codes, mails
from shared.database import ReadSession, WriteSession
from shared.ids import new_id

Purpose = Literal["verify", "reset"]


@dataclass(frozen=True, slots=True)
class MailRow:
    """A mail that is to go out."""

    id: str
    user_id: str
    purpose: Purpose
    email: str
    tries: int


@dataclass(frozen=True, slots=True)
class CodeRow:
    """What a code that went out is good for."""

    user_id: str
    email: str


def add(tx: WriteSession, user_id: str, purpose: Purpose, email: str) -> None:
    """A mail to go out at once."""
    times = {"created_at": tx.now, "due_at": tx.now}
    tx.execute(insert(mails).values(id=new_id(), user_id=user_id, purpose=purpose, email=email, tries=0, **times))


def asked_since(tx: ReadSession, user_id: str, purpose: Purpose, since: datetime) -> bool:
    """Whether such a mail went to this person, or is about to, since then."""
    asked = [
        select(table.c.user_id).where(
            table.c.user_id == user_id, table.c.purpose == purpose, table.c.created_at > since
        )
        for table in (mails, mail_codes)
    ]
    return tx.execute(union_all(*asked).limit(1)).first() is not None


def any_due(tx: ReadSession) -> bool:
    """Whether a mail is to be tried now."""
    return tx.execute(select(mails.c.id).where(mails.c.due_at <= tx.now).limit(1)).first() is not None


def take_due(tx: WriteSession, pauses: list[timedelta]) -> MailRow | None:
    """The next mail to be tried now, put off by its next pause in case this try fails; None when there is none.

    After the last pause the mail is given up.
    """
    tx.execute(delete(mails).where(mails.c.tries >= len(pauses), mails.c.due_at <= tx.now))
    query = select(mails.c.id, mails.c.user_id, mails.c.purpose, mails.c.email, mails.c.tries)
    row = tx.execute(query.where(mails.c.due_at <= tx.now).order_by(mails.c.due_at).limit(1)).one_or_none()
    if row is None:
        return None
    mail = MailRow(*row)
    mine = update(mails).where(mails.c.id == mail.id, mails.c.tries == mail.tries)
    later = {"tries": mail.tries + 1, "due_at": tx.now + pauses[mail.tries]}
    # Another replica may have taken it since we looked.
    taken = tx.execute(mine.values(**later).returning(mails.c.id)).one_or_none()
    return mail if taken is not None else None


def remove(tx: WriteSession, mail_id: str) -> None:
    """It went out, or need not any more."""
    tx.execute(delete(mails).where(mails.c.id == mail_id))


def add_code(tx: WriteSession, digest: str, mail: MailRow, expires_at: datetime) -> None:
    """The code that this mail carries."""
    about = {"user_id": mail.user_id, "purpose": mail.purpose, "email": mail.email}
    tx.execute(insert(mail_codes).values(digest=digest, created_at=tx.now, expires_at=expires_at, **about))


def find_code(tx: ReadSession, digest: str, purpose: Purpose) -> CodeRow | None:
    """What it is good for now."""
    query = select(mail_codes.c.user_id, mail_codes.c.email).where(
        mail_codes.c.digest == digest, mail_codes.c.purpose == purpose, mail_codes.c.expires_at > tx.now
    )
    row = tx.execute(query).one_or_none()
    return None if row is None else CodeRow(*row)


def forget(tx: WriteSession, user_id: str, *purposes: Purpose) -> None:
    """Every mail and every code of these purposes for this person; without one named, all."""
    for table in (mails, mail_codes):
        gone = delete(table).where(table.c.user_id == user_id)
        tx.execute(gone.where(table.c.purpose.in_(purposes)) if purposes else gone)


def remove_expired(tx: WriteSession) -> None:
    """Codes that nobody used in time."""
    tx.execute(delete(mail_codes).where(mail_codes.c.expires_at <= tx.now))
