"""Where alembic finds the tables of the catalogue: every module that has some is named here."""

from services.catalog import models, succession
from services.catalog.bulk import models as bulk
from services.catalog.changes import models as changes
from services.catalog.mappings import models as mappings
from shared.migrate import run

# Who does not import a module does not know its tables, and gives no rights to them.
TABLES = (models, bulk, changes, mappings, succession)

run(models.Base.metadata)
