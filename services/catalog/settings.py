"""What the catalog service is told beyond what every process is."""

from services.catalog.classification import CodePattern
from shared.settings import Settings


class CatalogSettings(Settings):
    """The common settings, and how this installation writes 信息资源代码.

    HUITONG_CODE_PATTERN is JSON, of which every part has a default:
    '{"separator": "/", "sequence_digits": 6}'.
    """

    code_pattern: CodePattern = CodePattern()
