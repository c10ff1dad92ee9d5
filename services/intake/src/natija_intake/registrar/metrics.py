"""The registrar's metrics."""

from prometheus_client import Counter, Gauge, Histogram

from natija_chassis.observability.metrics import DURATIONS

EVENTS_REGISTERED = Counter("natija_registrar_events", "Events that the registrar wrote to the log")
"""Bad when it stands still while proposals wait on the inbox."""
PROPOSALS_REJECTED = Counter("natija_registrar_rejections", "Proposals that the registrar rejected", ["reason"])
"""Bad when `unreadable`, `misplaced`, `forbidden` or `oversize` grow at all."""
BATCH_SECONDS = Histogram(
    "natija_registrar_batch_duration_seconds",
    "Seconds of one batch, from reading the inbox to storing the heads",
    buckets=DURATIONS,
)
"""Bad when it is over 2.5 seconds: PostgreSQL or Kafka is slow."""
CLOCK_DIFFERENCE = Gauge(
    "natija_registrar_clock_difference_seconds",
    "Seconds by which this machine's clock is ahead of the brokers' (negative: behind), as far as a send can tell",
)
"""Bad when it is not near 0: beyond 60 the registrar stops."""
INBOX_HELD_SECONDS = Gauge(
    "natija_registrar_inbox_held_seconds",
    "Seconds since which an open transaction of a publisher hides the end of an inbox partition; 0 when none does",
    ["partition"],
)
"""Bad when it is not 0: nothing behind it is decided. The log names the transactional id."""
SHARDS = Gauge("natija_registrar_shards", "Shards that this registrar owns")
"""Bad when the sum over all registrars is less than the number of shards."""
TAKEOVERS = Counter("natija_registrar_takeovers", "Shards that this registrar acquired, at its start or later")
"""Bad when it grows by more than three in five minutes."""
