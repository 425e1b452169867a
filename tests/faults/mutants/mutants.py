"""The mutants of RELIABILITY.md §3.3: each takes one protection away, or two where one covers for the other."""

from collections.abc import Mapping

from tests.faults.mutants import following, showing, storing
from tests.faults.mutants.breaking import Break

_BATCH, _SEQUENCER = "services.messaging.batch", "services.messaging.sequencer"
_POLICY = "services.messaging.policy"
_ROOM, _ROOMS = "services.gateway.realtime.room", "services.gateway.realtime.rooms"
_WIRE = "services.gateway.realtime.wire"
_APPLY, _AUDIT = "shared.inbox.apply", "services.moderation.store.audit"

MUTANTS: Mapping[str, Mapping[str, Break]] = {
    "same_client_id_twice": {_BATCH: storing.same_client_id_twice},
    "ack_before_commit": {_SEQUENCER: storing.ack_before_commit},
    "no_flush_to_disk": {"shared.database.sqlite": storing.no_flush_to_disk},
    "anybody_may_post": {_POLICY: storing.anybody_may_post},
    "the_muted_may_post": {_POLICY: storing.the_muted_may_post},
    "checked_a_moment_ago": {_BATCH: storing.checked_a_moment_ago},
    "numbers_from_memory": {"services.messaging.timeline": storing.numbers_from_memory},
    "writers_at_once": {"shared.database.postgresql": storing.writers_at_once},
    "no_epoch": {"services.messaging.epoch": storing.no_epoch},
    "no_gap_repair": {_ROOM: showing.no_gap_repair},
    "no_duplicate_drop": {_ROOM: showing.no_duplicate_drop},
    "the_removed_stay": {_ROOM: showing.the_removed_stay},
    "no_head_check": {_ROOMS: showing.no_head_check},
    "fetch_before_subscribe_no_gap_repair": {_ROOMS: showing.fetch_before_subscribe, _ROOM: showing.no_gap_repair},
    "no_single_flight": {_ROOMS: showing.no_single_flight},
    "slow_readers_are_kept": {_WIRE: showing.slow_readers_are_kept},
    "drained_at_once": {_WIRE: showing.drained_at_once},
    "no_refill_no_pull": {
        "shared.outbox.outbox": following.no_refill,
        "shared.inbox.follower": following.no_pull,
    },
    "no_outbox_row_no_pull": {
        "shared.database.recording": following.no_outbox_row,
        "shared.inbox.follower": following.no_pull,
    },
    "cursor_in_memory_first": {_APPLY: following.cursor_in_memory_first},
    "applied_again_noted_again": {_APPLY: following.applied_again, _AUDIT: following.noted_again},
}
