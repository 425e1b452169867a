"""F20: who does not read is cut at its bound, and nobody else notices (the fast part)."""

from tests.faults.slow import leave_unread
from tests.system.parley import Parley

SOCKETS = 12


async def test_who_does_not_read_is_cut_and_goes_on_later(parley: Parley) -> None:
    ends = await leave_unread(parley, SOCKETS)
    assert {code for code, _ in ends} == {4408}
