"""Where alembic finds the tables of exchange: every module that has some is named here."""

from services.exchange import models
from services.exchange.apis import models as apis
from services.exchange.elements import models as elements
from services.exchange.freshness import models as freshness
from services.exchange.off_platform import models as off_platform
from services.exchange.older import models as older
from services.exchange.outside import models as outside
from services.exchange.receipts import models as receipts
from services.exchange.restoring import models as restoring
from services.exchange.uploads import models as uploads
from shared.migrate import run

# Who does not import a module does not know its tables, and gives no rights to them.
TABLES = (
    models,
    apis,
    elements,
    freshness,
    off_platform,
    older,
    outside,
    receipts,
    restoring,
    uploads,
)

run(models.Base.metadata)
