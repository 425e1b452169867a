"""What is kept about a person, for the person: `rpc.moderation.export`, which only auth may ask."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import select

from services.moderation.models import reports, restrictions
from services.moderation.routes.reports import shown
from services.moderation.schemas import Restriction
from services.moderation.store.reports import COLUMNS as REPORT_COLUMNS
from services.moderation.store.reports import REPORTS, ReportRow
from services.moderation.store.restrictions import COLUMNS, RestrictionRow
from shared.database import Database, ReadSession
from shared.ids import Id
from shared.problems import Invalid

_PAGE = 50


class ExportQuestion(BaseModel):
    """Of whom, and after which report of the page before."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    user_id: Id
    after: Annotated[str, Field(max_length=36)] = ""


class Export:
    """The handler."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def export(self, payload: Any) -> dict[str, Any]:
        """{"user_id", "after"?} -> {"files": restrictions and the reports that the person made, "next"?}."""
        try:
            asked = ExportQuestion.model_validate(payload)
        except ValidationError:
            raise Invalid("invalid", "This is not how an export is asked for.") from None
        return await self._db.read(_page, asked.user_id, asked.after)


def _page(tx: ReadSession, user_id: str, after: str) -> dict[str, Any]:
    mine = select(*REPORT_COLUMNS).select_from(REPORTS).where(reports.c.reporter_id == user_id, reports.c.id > after)
    found = [ReportRow(*row) for row in tx.execute(mine.order_by(reports.c.id).limit(_PAGE + 1))]
    files: dict[str, Any] = {"reports.json": [shown(row).model_dump(mode="json") for row in found[:_PAGE]]}
    if not after:
        against = select(*COLUMNS).where(restrictions.c.user_id == user_id).order_by(restrictions.c.created_at)
        rows = [Restriction.model_validate(RestrictionRow(*row)) for row in tx.execute(against)]
        files["restrictions.json"] = [row.model_dump(mode="json") for row in rows]
    return {"files": files, "next": found[_PAGE - 1].id if len(found) > _PAGE else None}
