"""The relay's metrics."""

from prometheus_client import Counter, Gauge

OUTCOMES = Counter(
    "natija_relay_outcomes", "Outcomes of publishers' proposals that the relay stored", ["decision", "source"]
)
"""Bad when it stands still while publishers propose. `rejected` shows which publisher has a mistake or floods."""
LAG = Gauge("natija_relay_lag_offsets", "Offsets between the relay and the ends of log and rejected; 0 is caught up")
"""Bad when it grows for five minutes."""
TOPICS_WAITING = Gauge("natija_relay_topics_waiting", "Outcome topics that could not be written at the last attempt")
"""Bad when it is not 0: the topic is missing, or the relay has no right to write it."""
