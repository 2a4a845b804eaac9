"""Where alembic finds the tables of requests: every module that has some is named here."""

from services.requests import announced, models
from services.requests.successions import models as successions
from services.requests.takeover import models as takeover
from shared.migrate import run

# Who does not import a module does not know its tables, and gives no rights to them.
TABLES = (models, announced, successions, takeover)

run(models.Base.metadata)
