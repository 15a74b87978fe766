"""Transfers at the same time that end in every way: money neither appears nor vanishes, and nothing stays open."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from fix_property import BANK_CONNECTIONS, Stage

ACCOUNTS: Final = 3
BALANCE: Final = 100
PATIENCE: Final = 20.0
"""Seconds until what should end by itself counts as left behind."""

OTHERS: Final = """
    SELECT state FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
"""


@dataclass(frozen=True, slots=True)
class Transfer:
    """What one customer does in a transaction, and how it ends."""

    number: int
    moves: tuple[tuple[int, int, int], ...]
    ending: str
    pauses: int
    timeout: int
    max_wait: int
    cancelled_after: int | None


ACCOUNT: Final = st.integers(1, ACCOUNTS)
TRANSFERS: Final = st.lists(
    st.builds(
        Transfer,
        number=st.just(0),
        moves=st.lists(st.tuples(ACCOUNT, ACCOUNT, st.integers(1, 50)), min_size=1, max_size=3).map(tuple),
        ending=st.sampled_from(["commit", "commit", "commit", "rollback", "raise", "fail"]),
        pauses=st.integers(0, 30),
        timeout=st.sampled_from([60_000, 60_000, 60_000, 1, 3, 6, 12]),
        max_wait=st.sampled_from([60_000, 60_000, 60_000, 1, 10]),
        cancelled_after=st.none() | st.none() | st.integers(0, 15),
    ),
    min_size=2,
    max_size=6,
)


class ChangedMindError(Exception):
    """The customer does not want the transfer any more."""


async def pay(tx: Any, transfer: Transfer) -> None:
    """Leave a receipt, and move the money with pauses in between."""
    await tx.seat.create(data={"row": transfer.number, "number": 0})
    for source, target, amount in transfer.moves:
        await tx.types.update(where={"id": source}, data={"whole": {"decrement": amount}})
        for _ in range(transfer.pauses):
            await asyncio.sleep(0)
        await tx.types.update_many(where={"id": target}, data={"whole": {"increment": amount}})
    if transfer.ending == "raise":
        raise ChangedMindError
    if transfer.ending == "fail":
        await tx.seat.create(data={"row": transfer.number, "number": 0})


async def perform(client: Any, transfer: Transfer) -> None:
    """Run the whole transfer. Errors: whatever keeps it from being committed."""
    manager = client.tx(
        timeout=timedelta(milliseconds=transfer.timeout), max_wait=timedelta(milliseconds=transfer.max_wait)
    )
    if transfer.ending == "rollback":
        tx = await manager.start()
        try:
            await pay(tx, transfer)
        finally:
            await manager.rollback()
        raise ChangedMindError
    async with manager as tx:
        await pay(tx, transfer)


async def attempt(stage: Stage, transfer: Transfer) -> bool | None:
    """Whether the money has moved; None where a cancelled customer cannot know."""
    task = asyncio.create_task(perform(stage.client, transfer))
    if transfer.cancelled_after is not None:
        asyncio.get_running_loop().call_later(transfer.cancelled_after / 1000, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return None
    except (ChangedMindError, stage.package.errors.PrismaError):
        return False
    return True


async def calm(client: Any) -> None:
    """Wait until the server has ended what was cut off. Errors: TimeoutError when something stays open."""

    async def wait() -> None:
        while await client.query_raw(OTHERS):
            pass

    await asyncio.wait_for(wait(), PATIENCE)


async def every_connection_is_free(client: Any) -> bool:
    """Whether as many transactions as there are connections can be open at once."""
    managers = [client.tx() for _ in range(BANK_CONNECTIONS)]
    transactions = await asyncio.gather(*(manager.start() for manager in managers))
    counts = await asyncio.gather(*(tx.types.count() for tx in transactions))
    await asyncio.gather(*(manager.rollback() for manager in managers))
    return counts == [ACCOUNTS] * BANK_CONNECTIONS


def balances(transfers: list[Transfer], receipts: set[int]) -> dict[int, int]:
    """What the accounts must hold after the transfers that left a receipt."""
    result = dict.fromkeys(range(1, ACCOUNTS + 1), BALANCE)
    for transfer in transfers:
        for source, target, amount in transfer.moves if transfer.number in receipts else ():
            result[source] -= amount
            result[target] += amount
    return result


@settings(max_examples=40)
@given(drafts=TRANSFERS)
def test_transfers_at_once_keep_the_total_however_they_end(bank_stage: Stage, drafts: list[Transfer]) -> None:
    transfers = [replace(draft, number=number) for number, draft in enumerate(drafts)]
    client = bank_stage.client

    async def example() -> None:
        await client.seat.delete_many()
        await client.types.delete_many()
        await client.types.create_many(data=[{"id": number + 1, "whole": BALANCE} for number in range(ACCOUNTS)])
        outcomes = await asyncio.gather(*(attempt(bank_stage, transfer) for transfer in transfers))
        await calm(client)
        receipts = {seat.row for seat in await client.seat.find_many()}
        held = {account.id: account.whole for account in await client.types.find_many()}
        assert sum(held.values()) == ACCOUNTS * BALANCE
        assert held == balances(transfers, receipts)
        known = {number: moved for number, moved in enumerate(outcomes) if moved is not None}
        assert {number: number in receipts for number in known} == known
        assert await every_connection_is_free(client)

    bank_stage.run(example())
