"""Deletes decided proposals from the inbox. Their wrapped keys stand there, and the realm's private key opens them.

Nothing needs them any more: the registrar goes on at its own offsets, and the log and rejected hold the outcomes.
"""

import asyncio
import logging
from collections.abc import Callable

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.errors import KafkaError
from sqlalchemy.exc import SQLAlchemyError

from natija_chassis.observability.logs import sanitised
from natija_chassis.process.stopping import pause
from natija_events.topics import INBOX, PARTITIONS
from natija_intake.registrar import store
from natija_intake.registrar.context import RegistrarContext

_RETRY_AFTER = 60.0
"""Seconds until the next attempt when the registrar is not ready."""

log = logging.getLogger(__name__)


async def run(
    context: RegistrarContext, interval: float, is_ready: Callable[[], bool], stopping: asyncio.Event
) -> None:
    """Delete every *interval* seconds until *stopping*, if the registrar *is_ready*.

    A registrar that is not ready may be connected to another inbox than its database tells of.
    """
    wait = interval
    while not stopping.is_set():
        await pause(stopping, wait)
        ready = not stopping.is_set() and is_ready()
        wait = interval if ready else min(interval, _RETRY_AFTER)
        if ready:
            await _try_to_delete(context)


async def _try_to_delete(context: RegistrarContext) -> None:
    try:
        begins = await delete_decided(context)
    except (KafkaError, SQLAlchemyError, OSError, TimeoutError) as error:
        log.warning("decided proposals were not deleted from the inbox: %s", sanitised(error))
    else:
        log.debug("the inbox begins at the offsets %s", begins)


async def delete_decided(context: RegistrarContext) -> dict[int, int]:
    """Delete what is decided on every partition. Gives the offset at which each of these partitions begins.

    Raises KafkaError, and errors of the database.
    """
    async with context.engine.connect() as connection:
        offsets = await store.load_offsets(connection, range(PARTITIONS))
    topic = INBOX.name(context.realm)
    decided = {
        TopicPartition(topic, partition): RecordsToDelete(one.inbox_next)
        for partition, one in offsets.items()
        if one.inbox_next > 0
    }
    admin = AIOKafkaAdminClient(**context.kafka.client_options(), client_id="natija-inbox-deletion")
    await admin.start()
    try:
        begins = await admin.delete_records(decided) if decided else {}
    finally:
        await admin.close()
    return {place.partition: offset for place, offset in begins.items()}
