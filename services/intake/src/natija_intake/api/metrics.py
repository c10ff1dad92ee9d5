"""The intake API's metrics."""

from prometheus_client import Counter, Histogram

from natija_chassis.observability.metrics import DURATIONS

POSTS = Counter("natija_posts", "POST /appeals by status code", ["status"])
POST_SECONDS = Histogram("natija_post_seconds", "Seconds of POST /appeals until its answer", buckets=DURATIONS)
