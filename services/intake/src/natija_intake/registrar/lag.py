"""How many proposals the registrar has not decided yet."""

from natija_chassis.projections.lag import count_records_from, read_positions
from natija_chassis.settings import Settings
from natija_events.topics import INBOX


async def inbox_lag(settings: Settings) -> dict[int, int]:
    """The number of undecided proposals per partition of the inbox."""
    decided = await read_positions(settings, "intake", "select partition, inbox_next from service.inbox_offsets")
    return await count_records_from(settings.kafka_config, INBOX.name(settings.realm), decided)
