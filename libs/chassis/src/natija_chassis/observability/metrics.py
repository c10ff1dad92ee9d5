"""The name of every metric, with what it says. Labels: ids of our own only, never anything about a person."""

from prometheus_client import Counter, Gauge, Histogram

_BATCH_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

# Projections: every service that reads the log.
RECORDS_APPLIED = Counter("natija_records_applied", "Log records that a projection has taken in", ["service"])
RECORDS_SKIPPED = Counter(
    "natija_records_skipped", "Log records that came again and stood at or below the checkpoint", ["service"]
)
RECORDS_PARKED = Counter(
    "natija_records_parked", "Log records set aside as poison or because one before was", ["service"]
)
BATCH_SECONDS = Histogram(
    "natija_batch_seconds", "Seconds from a batch in hand to its commit", ["service"], buckets=_BATCH_SECONDS
)
OUTAGES = Counter("natija_outages", "Attempts at a batch that failed for something other than poison", ["service"])
GAPS = Counter(
    "natija_gaps", "Jumps in logsequence: the projection went back to its checkpoint. Never normal", ["service"]
)
BEHIND = Gauge(
    "natija_behind_offsets", "Offsets between a projection and the end of its partitions; 0 is caught up", ["service"]
)
APPLIED_TIME = Gauge(
    "natija_applied_recordedtime_seconds", "recordedtime (unix) of the last event taken in", ["service"]
)
READY = Gauge("natija_ready", "1 while the process is caught up and moving", ["service"])

# Decisions: services that propose.
PROPOSALS = Counter(
    "natija_proposals", "Proposals by how they ended: registered, duplicate, or a reason code", ["service", "outcome"]
)
WORK_WAITING = Gauge("natija_work_waiting", "Decisions proposed whose outcome is not known yet", ["service"])

# The registrar.
ADMITTED = Counter("natija_events_registered", "Events the registrar wrote on the log")
REJECTED = Counter("natija_proposals_rejected", "Proposals the registrar rejected", ["reason"])
REGISTRAR_BATCH_SECONDS = Histogram(
    "natija_registrar_batch_seconds", "Seconds of one batch, from poll to heads", buckets=_BATCH_SECONDS
)
REGISTRAR_SHARDS = Gauge("natija_registrar_shards", "Shards this registrar decides on")
REGISTRAR_TAKEOVERS = Counter("natija_registrar_takeovers", "Shards taken, at the start or after another gave one up")

# Appeals that come in by HTTP.
POSTS = Counter("natija_posts", "POST /appeals by status code", ["status"])
POST_SECONDS = Histogram("natija_post_seconds", "Seconds of POST /appeals until its answer", buckets=_BATCH_SECONDS)
