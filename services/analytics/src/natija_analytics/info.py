"""The analytics process, as the chassis finds it."""

from natija_chassis.services import ServiceInfo

ANALYTICS = ServiceInfo(
    name="analytics",
    panel="Analytics",
    port=8084,
    management_port=9084,
    start="natija_analytics.app:serve",
    settings="natija_analytics.settings:AnalyticsSettings",
    commands="natija_analytics.cli.commands:app",
    projection="natija_analytics.projection.projection:build",
    read_by_analysts=True,
)
