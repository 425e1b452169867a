"""The shapes of the moderation API: what may be sent (strict, nothing unknown) and what is answered."""

import unicodedata
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from shared.clock import Timestamp
from shared.ids import Id
from shared.schemas import AnswerModel, RequestModel

Kind = Literal["mute", "ban", "hold"]
ReportReason = Literal["spam", "abuse", "harassment", "illegal", "other"]
ReportStatus = Literal["open", "resolved", "dismissed"]
Resolution = Literal["dismiss", "delete_message", "mute", "ban"]
_LONGEST_WORD = 100
_TEN_YEARS = 10 * 366 * 24 * 3600
_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _readable(text: str) -> str:
    """Refuse what would lie to the reader: control characters, lone surrogates, changes of direction."""
    text = unicodedata.normalize("NFC", text).strip()
    for char in text:
        if char in _REORDERING or (char not in "\n\t" and unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")):
            raise ValueError(f"U+{ord(char):04X} is not allowed here")
    return text


def _said(text: str) -> str:
    if not _readable(text):
        raise ValueError("say something")
    return _readable(text)


Reason = Annotated[str, Field(max_length=500), AfterValidator(_readable)]
LongText = Annotated[str, Field(max_length=2_000), AfterValidator(_readable)]
NoteText = Annotated[str, Field(min_length=1, max_length=2_000), AfterValidator(_said)]
Seconds = Annotated[int, Field(ge=1, le=_TEN_YEARS)]


def _word(text: str) -> str:
    text = " ".join(_readable(text).lower().split())
    if not 2 <= len(text.strip("*")) <= _LONGEST_WORD or len(text) > _LONGEST_WORD:
        raise ValueError(f"a word has 2 to {_LONGEST_WORD} characters")
    return text


def _in_order(words: list[str]) -> list[str]:
    return sorted(set(words))


Word = Annotated[str, Field(max_length=200), AfterValidator(_word)]
WordList = Annotated[list[Word], Field(max_length=2_000), AfterValidator(_in_order)]


class _Input(RequestModel):
    model_config = ConfigDict(strict=True)


class RoomWords(_Input):
    """A room's own lists: words and phrases, without regard to case.

    A star at the end of a blocked word finds it at the start of longer ones, a star before it anywhere inside of them.
    """

    model_config = ConfigDict(from_attributes=True)

    blocked: WordList = []
    allowed: WordList = []


class HouseWords(RoomWords):
    """The house's lists. What is `refused` is blocked in every room, without a word policy and direct ones too."""

    refused: WordList = []


class Terms(_Input):
    """How long, and why; for good unless said otherwise."""

    duration_seconds: Seconds | None = None
    reason: Reason | None = None


class Rejection(_Input):
    """What the author is told."""

    reason: Reason | None = None


class NewReport(_Input):
    """What is wrong with a message."""

    reason: ReportReason
    details: LongText = ""


class Decision(_Input):
    """What shall be done about a report. `duration_seconds` is for mute and ban, which last for good without it."""

    action: Resolution
    note: LongText | None = None
    duration_seconds: Seconds | None = None


class Assignment(_Input):
    """Who looks into a case; null for nobody."""

    user_id: Id | None


class NewNote(_Input):
    """What whoever looks into a case wants to remember of it."""

    text: NoteText


_Said = Annotated[str, BeforeValidator(lambda reason: reason or "")]


class Restriction(AnswerModel):
    """`room_id` is null for one that holds in the whole house, `by` is null when one of the room's rules did it.

    Of whom a `hold` is on, a moderator looks at every text before others see it.
    """

    room_id: str | None
    user_id: str
    kind: Kind
    reason: _Said
    by: str | None
    expires_at: Timestamp | None
    created_at: Timestamp


class Report(AnswerModel):
    """A report, with the message as it was when it was reported; `case_id` gathers the reports of a message."""

    id: str
    case_id: str
    message: dict[str, Any]
    room_id: str
    reporter_id: str
    reason: ReportReason
    details: str
    status: ReportStatus
    action: Resolution | None
    resolved_by: str | None
    resolved_at: Timestamp | None
    created_at: Timestamp


class Author(AnswerModel):
    """Who wrote a text."""

    id: str
    username: str
    display_name: str
    avatar_url: str | None


class Held(AnswerModel):
    """A text that waits for a moderator; nobody but its author sees it.

    Approved, a message has this `id`; an edit is of `message_id`, which says `says_now`. `reason` is the rule,
    `screened` for somebody whose texts are all looked at; `refusal` is why approving would not help at the moment.
    """

    id: str
    kind: Literal["message", "edit"]
    room_id: str
    author: Author
    message_id: str | None
    content: str
    says_now: str | None
    reply_to: str | None
    attachments: list[dict[str, Any]]
    reason: str
    refusal: str | None
    created_at: str


class HeldDecision(AnswerModel):
    """What became of a text that waited."""

    id: str
    room_id: str
    author_id: str
    status: Literal["approved", "rejected"]
    by: str
    reason: str | None
    decided_at: Timestamp


class Case(AnswerModel):
    """Everything about one message until somebody decides."""

    id: str
    message_id: str
    room_id: str
    author_id: str
    status: ReportStatus
    action: Resolution | None
    reports: int
    assigned_to: str | None
    resolved_by: str | None
    resolved_at: Timestamp | None
    created_at: Timestamp


class Note(AnswerModel):
    """What somebody noted about a case."""

    id: str
    by: str
    text: str
    created_at: Timestamp


class Evidence(AnswerModel):
    """The message and what stood around it at the time of the first report, whatever became of them."""

    message: dict[str, Any]
    before: list[dict[str, Any]]
    after: list[dict[str, Any]]


class WholeCase(Case):
    """A case with its evidence and notes."""

    evidence: Evidence
    notes: list[Note]


class AuditEntry(AnswerModel):
    """One act of moderation. `target` is what it was done to; `actor_id` is null when the house did it."""

    id: str
    at: Timestamp
    actor_id: str | None
    action: str
    target: str
    room_id: str | None
    reason: str | None


class DayOfActs(AnswerModel):
    """How often one kind of act was done on one day (UTC)."""

    day: str
    action: str
    count: int


class OpenCases(AnswerModel):
    """How many cases wait for a decision, by the time they have waited."""

    total: int
    under_1_hour: int
    under_1_day: int
    under_1_week: int
    older: int
    unassigned: int


class TopReporter(AnswerModel):
    """Who reported most in the last 30 days, and how many of the decided reports were right."""

    user_id: str
    reports: int
    resolved: int
    dismissed: int


class Summary(AnswerModel):
    """Moderation at a glance; acts and reporters of the last 30 days."""

    open_reports: OpenCases
    actions: list[DayOfActs]
    top_reporters: list[TopReporter]
    muted: int
    banned: int
    screened: int
