"""The registrar's metrics."""

from prometheus_client import Counter, Gauge, Histogram

from natija_chassis.observability.metrics import DURATIONS

EVENTS_REGISTERED = Counter("natija_registrar_events", "Events that the registrar wrote to the log")
PROPOSALS_REJECTED = Counter("natija_registrar_rejections", "Proposals that the registrar rejected", ["reason"])
BATCH_SECONDS = Histogram(
    "natija_registrar_batch_duration_seconds",
    "Seconds of one batch, from reading the inbox to storing the heads",
    buckets=DURATIONS,
)
SHARDS = Gauge("natija_registrar_shards", "Shards that this registrar owns")
TAKEOVERS = Counter("natija_registrar_takeovers", "Shards that this registrar acquired, at its start or later")
