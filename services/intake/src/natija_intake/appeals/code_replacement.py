"""Replacing the access code of one appeal, when somebody else knows it or nobody does."""

from natija_chassis.errors import OperatorError
from natija_chassis.key_ring import service_key
from natija_chassis.postgres.engine import open_engine
from natija_events.ids import derived_event_id
from natija_events.kafka import OutcomePending, Publisher
from natija_events.types.intake import AccessCodeReplaced
from natija_intake.appeals.head_lookup import HeadLookup, StatusUnavailable
from natija_intake.appeals.submission import SOURCE
from natija_intake.receipts.access_codes import AccessCodes
from natija_intake.settings import IntakeSettings, access_code_secrets

_WAIT = 30.0


async def replace_code(settings: IntakeSettings, number: str) -> str:
    """The new access code of the appeal with this *number*, once the registrar has registered it. The former codes open
    it no longer. Raises `OperatorError`, and what `Publisher.propose` raises."""
    codes = AccessCodes(access_code_secrets(settings))
    generation = await _generation(settings, number) + 1
    data = AccessCodeReplaced(generation=generation)
    key = service_key(settings)
    async with Publisher(settings.kafka_config, settings.realm, SOURCE, key=key) as publisher:
        id = derived_event_id(number, data.type, str(generation))
        try:
            outcome = await publisher.propose(
                publisher.event(number, settings.injected_clock.now(), data, id=id), wait=_WAIT
            )
        except OutcomePending:
            raise OperatorError("the registrar has not decided yet: run the same command again") from None
    rejection = outcome.rejection
    # A known event is of an earlier run, which proposed the same generation.
    if rejection is not None and rejection.reason not in ("duplicate", "reused"):
        raise OperatorError(f"the registrar refuses it: {rejection.reason}, {rejection.field} {rejection.rule}")
    return codes.code(number, generation)


async def _generation(settings: IntakeSettings, number: str) -> int:
    engine = open_engine(settings, "intake")
    try:
        head = await HeadLookup(engine).get(number)
    except StatusUnavailable:
        raise OperatorError("the database of intake does not answer: NATIJA_DATABASE names it") from None
    finally:
        await engine.dispose()
    if head is None:
        raise OperatorError("there is no registered appeal with this number")
    return head.code_generation
