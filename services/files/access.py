"""Who may fetch which file, looked up at every request."""

from sqlalchemy import RowMapping

from services.files import policy, queries
from services.files.membership import Membership
from services.files.signed_urls import UrlSigner, refusal
from shared.caller import Anonymous, Caller
from shared.database import Database
from shared.problems import Unauthorized


class Access:
    """Lets in members, whether they say who they are or their URL does."""

    def __init__(self, db: Database, membership: Membership, signer: UrlSigner) -> None:
        self._db = db
        self._membership = membership
        self._signer = signer

    async def file(self, file_id: str, caller: Caller | Anonymous, token: str | None) -> RowMapping:
        """The file's row. Raises NotFound for everybody but members, Unauthorized for nobody in particular."""
        user_id = await self._asking(file_id, caller, token)
        row = await self._db.read(queries.file_row, file_id)
        policy.may_fetch(await self._membership.role(row["room_id"], user_id))
        return row

    async def _asking(self, file_id: str, caller: Caller | Anonymous, token: str | None) -> str:
        if isinstance(caller, Caller):
            return caller.user_id
        if token is None:
            raise Unauthorized
        user_id, session_id = self._signer.owner_of(token, file_id)
        if await self._db.read(queries.has_ended, session_id):
            raise refusal()
        return user_id
