"""The routing process, as the chassis finds it."""

from natija_chassis.services import ServiceInfo

ROUTING = ServiceInfo(
    name="routing",
    panel="Routing",
    port=8082,
    management_port=9082,
    start="natija_routing.app:serve",
    settings="natija_routing.settings:RoutingSettings",
    commands="natija_routing.commands:app",
    projection="natija_routing.assignment.projection:build",
)
