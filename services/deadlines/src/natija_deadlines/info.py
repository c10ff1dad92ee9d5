"""The deadlines process, as the chassis finds it."""

from natija_chassis.services import ServiceInfo

DEADLINES = ServiceInfo(
    name="deadlines",
    panel="Deadlines",
    port=8083,
    management_port=9083,
    start="natija_deadlines.app:serve",
    settings="natija_deadlines.settings:DeadlinesSettings",
    commands="natija_deadlines.commands:app",
    metrics="natija_deadlines.metrics",
    projection="natija_deadlines.terms.projection:build",
)
