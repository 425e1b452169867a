"""What routes work with: made once by `create_app`, found on the application."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.files.access import Access
from services.files.avatars import Avatars
from services.files.blobs import BlobStore
from services.files.direct_uploads import DirectUploads
from services.files.membership import Membership
from services.files.signed_urls import UrlSigner
from services.files.uploads import Uploads
from shared.database import Database


@dataclass(frozen=True, slots=True)
class Wiring:
    """The service's long-lived objects."""

    db: Database
    blobs: BlobStore
    membership: Membership
    signer: UrlSigner
    access: Access
    uploads: Uploads
    direct: DirectUploads
    avatars: Avatars
    max_body: int


def _wiring(request: Request) -> Wiring:
    wiring: Wiring = request.app.state.wiring
    return wiring


Wired = Annotated[Wiring, Depends(_wiring)]
