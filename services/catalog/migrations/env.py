"""Where alembic finds the tables of the catalogue: every module that has some is named here."""

from services.catalog import models, succession
from services.catalog.bulk import models as bulk
from services.catalog.changes import models as changes
from services.catalog.guide import models as guide
from services.catalog.harvest import models as harvest
from services.catalog.maintenance import models as maintenance
from services.catalog.mappings import models as mappings
from services.catalog.needs import models as needs
from services.catalog.occasions import models as occasions
from services.catalog.plans import models as plans
from services.catalog.projects import models as projects
from services.catalog.sources import models as sources
from services.catalog.standards import models as standards
from services.catalog.takeover import models as takeover
from shared.migrate import run

# Who does not import a module does not know its tables, and gives no rights to them.
UPKEEP = (guide, maintenance, occasions, plans, projects, standards)
TABLES = (models, bulk, changes, harvest, mappings, needs, sources, takeover, succession, *UPKEEP)

run(models.Base.metadata)
