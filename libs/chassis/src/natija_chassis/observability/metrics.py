"""The metrics of every service: names by Prometheus' conventions, each with its meaning.

A package with metrics of its own has a `metrics.py` beside the code it measures. Labels hold ids of our own only, never
anything about a person. `docs/operations.md` says which value is normal and when to act.
"""

from prometheus_client import Counter, Gauge, Histogram

DURATIONS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds, in seconds, of the buckets of every duration."""

READY = Gauge("natija_ready", "1 while the process is ready: caught up and making progress", ["process"])
"""Bad when it is 0 for a minute."""

# HTTP: every process. `route` is a template such as /appeals/{number}, or "unmatched" for an unknown path; `status` is
# 499 when the client closed the connection before the answer; `port` is api or management.
HTTP_REQUESTS = Counter(
    "natija_http_requests", "HTTP requests by route, method and status", ["route", "method", "status"]
)
"""Bad when the status 503 grows for a minute, or 500 at all."""
HTTP_REQUEST_SECONDS = Histogram(
    "natija_http_request_duration_seconds",
    "Seconds from a request's head to the end of its answer",
    ["route", "method"],
    buckets=DURATIONS,
)
"""Bad when POST /appeals takes over two seconds."""

HTTP_CONNECTIONS = Gauge("natija_http_connections", "Open HTTP connections by port: api or management", ["port"])
"""Bad when it is near NATIJA_MAX_CONNECTIONS."""
HTTP_CONNECTIONS_CUT = Counter(
    "natija_http_connections_cut",
    "HTTP connections that were cut: slow_head, slow_body, slow_answer, too_many, or too_many_of_address",
    ["reason"],
)
"""Bad when `too_many` or `too_many_of_address` grows."""

SIGN_INS = Counter("natija_sign_ins", "Sign-ins of officials: accepted, refused, or unavailable", ["result"])
"""Bad when `unavailable` grows for a minute, or `refused` grows fast."""

# Projections: every service that reads the log.
PROJECTION_RECORDS = Counter(
    "natija_projection_records",
    "Log records that a projection handled: applied, skipped (at or below the checkpoint), or dead_letter",
    ["service", "result"],
)
"""Bad when `dead_letter` grows at all."""
PROJECTION_BATCH_SECONDS = Histogram(
    "natija_projection_batch_duration_seconds",
    "Seconds from receiving a batch to its commit",
    ["service"],
    buckets=DURATIONS,
)
"""Bad when it is over a second: the database is slow."""
PROJECTION_RETRIES = Counter(
    "natija_projection_retries", "Attempts at a batch that failed because a server did not answer", ["service"]
)
"""Bad when it grows for a minute."""
PROJECTION_LAG = Gauge(
    "natija_projection_lag_offsets",
    "Offsets between a projection and the end of its partitions; 0 is caught up",
    ["service"],
)
"""Bad when it grows for five minutes."""
PROJECTION_LAST_EVENT = Gauge(
    "natija_projection_last_event_timestamp_seconds", "recordedtime (unix) of the last event applied", ["service"]
)
"""Bad when it is a minute old while events are registered."""
LOG_GAPS = Counter(
    "natija_log_gaps", "Jumps in logsequence that made a projection return to its checkpoint", ["service"]
)
"""Bad when it grows at all: records of the log are missing."""

# Opening sealed text: processes that show it to officials.
KEY_INDEX_LAG = Gauge(
    "natija_key_index_lag_offsets", "Offsets between the index of data keys and the end of their topic", ["process"]
)
"""Bad when it stays over 20,000: nothing can be opened."""
LOOKS = Counter(
    "natija_looks", "Looks at sealed text: recorded on the topic of audit, or unconfirmed", ["process", "result"]
)
"""Bad when `unconfirmed` grows: Kafka takes no records of looks, so no text is shown."""

# Process managers: services that propose events.
PROPOSALS = Counter(
    "natija_proposals", "Proposals by outcome: registered, duplicate, or a reason code", ["service", "outcome"]
)
"""Bad when reasons other than `duplicate` and `conflict` grow."""
PROPOSALS_IN_FLIGHT = Gauge("natija_proposals_in_flight", "Proposals whose outcome is not known yet", ["service"])
"""Bad when it stays at its maximum: proposals get no outcome."""

# Reference data: every process that reads it.
REFERENCE_VERSION = Gauge(
    "natija_reference_version",
    "Version of the reference data in use: the offset of the last record applied, -1 before the first",
    ["process"],
)
"""Bad when it differs between processes for a minute, or is -1."""
REFERENCE_SKIPPED = Counter(
    "natija_reference_records_skipped", "Records of reference data that do not parse, and were skipped", ["process"]
)
"""Bad when it grows at all: somebody else than `natija provision` writes there, or with another version."""
