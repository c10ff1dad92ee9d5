"""The two processes of routing, as the chassis finds them."""

from natija_chassis.services import ServiceInfo

_PANEL = "Routing"

ROUTING = ServiceInfo(
    name="routing",
    panel=_PANEL,
    port=8082,
    management_port=9082,
    start="natija_routing.app:serve",
    settings="natija_routing.settings:RoutingSettings",
    commands="natija_routing.commands:app",
    projection="natija_routing.assignment.projection:build",
)
DESK = ServiceInfo(
    name="desk",
    panel=_PANEL,
    port=8086,
    management_port=9086,
    start="natija_routing.desk.app:serve",
    settings="natija_routing.desk.settings:DeskSettings",
    projection="natija_routing.desk.cases.projection:build",
)
