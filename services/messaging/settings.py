"""Typed settings of the messaging service, read from the environment."""

from typing import Literal

from pydantic import Field

from shared.settings import DatabaseSettings


class Settings(DatabaseSettings):
    """What messaging can be told from outside; README.md lists every name with its default."""

    batch_size: int = Field(256, ge=1, le=1024, description="commands committed together at most")
    review_timeout: float = Field(1.0, gt=0, le=10, description="seconds to wait for moderation's verdicts")
    replay_events: int = Field(10_000, ge=1_000, description="a socket further behind than this is told to resync ...")
    replay_hours: int = Field(24, ge=24, description="... unless what it missed is younger than this")
    log_days: int = Field(30, ge=2, description="entries younger than this are kept, however many; followers need them")
    purge_every: float = Field(600.0, gt=0, description="seconds between two looks for what is kept no longer")
    review_away: Literal["store", "hold"] = Field("store", description="what becomes of texts while moderation is away")
    review_again_every: float = Field(2.0, gt=0, description="seconds between two looks for texts without a review")
