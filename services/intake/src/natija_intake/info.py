"""The four processes of intake, as the chassis finds them."""

from natija_chassis.services import ServiceInfo

_PANEL = "Intake and registrar"

INTAKE = ServiceInfo(
    name="intake",
    panel=_PANEL,
    port=8081,
    management_port=9081,
    start="natija_intake.app:serve",
    settings="natija_intake.settings:IntakeSettings",
    commands="natija_intake.commands:app",
    command_settings=("natija_intake.settings:ImportSettings", "natija_intake.settings:OpenerSettings"),
    projection="natija_intake.registrar.projection:build",
    metrics="natija_intake.appeals.metrics",
)
REGISTRAR = ServiceInfo(
    name="registrar",
    panel=_PANEL,
    port=8085,
    management_port=9085,
    start="natija_intake.registrar.app:registrar",
    settings="natija_intake.registrar.app:RegistrarSettings",
    commands="natija_intake.registrar.commands:app",
    reads="inbox",
    lag="natija_intake.registrar.lag:inbox_lag",
    metrics="natija_intake.registrar.metrics",
)
RELAY = ServiceInfo(
    name="relay",
    panel=_PANEL,
    port=8087,
    management_port=9087,
    start="natija_intake.outcomes.app:serve",
    settings="natija_intake.outcomes.app:RelaySettings",
    metrics="natija_intake.outcomes.metrics",
)
ANSWERS = ServiceInfo(
    name="answers",
    panel=_PANEL,
    port=8088,
    management_port=9088,
    start="natija_intake.answers.app:serve",
    settings="natija_intake.answers.settings:AnswersSettings",
)
