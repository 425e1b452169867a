import asyncio

from shared.tasks import ended


async def test_a_task_that_forgets_a_cancellation_ends_all_the_same() -> None:
    refused = 0

    async def stubborn() -> None:
        nonlocal refused
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if refused:
                    raise
                refused += 1

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await ended(task)
    assert task.cancelled()
    assert refused == 1


async def test_what_it_ended_with_is_nobodys_trouble() -> None:
    async def broken() -> None:
        raise ValueError

    task = asyncio.create_task(broken())
    await asyncio.wait([task])
    await ended(task)
    assert task.done()
