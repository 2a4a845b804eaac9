"""The words in which an entry is spoken of outside the catalogue: never a code list's digits."""

from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.rulebooks.vocabulary import ShareType


class ItemType(StrEnum):
    """The data type of an item, by the letter of 《政务信息资源目录编制指南（试行）》."""

    CHARACTER = "C"
    NUMERIC = "N"
    CURRENCY = "Y"
    DATE = "D"
    DATETIME = "T"
    LOGICAL = "L"
    MEMO = "M"
    GENERAL = "G"
    DOUBLE = "B"
    INTEGER = "I"
    FLOAT = "F"


class Secrecy(StrEnum):
    """What kind of secret a datum is, if any; only a state secret makes it 涉密.

    But for NONE the words are those of the rulebooks' Sensitivity.
    """

    NONE = "none"
    PRIVACY = "personal-privacy"
    COMMERCIAL = "commercial-secret"
    WORK = "work-secret"
    STATE = "state-secret"
    ENFORCEMENT = "harms-enforcement"


class Grade(StrEnum):
    """定级: how closely access is guarded."""

    ORDINARY = "ordinary"
    SENSITIVE = "sensitive"


class Standard(StrEnum):
    """The coding standard that an item's values follow, with a check that machines can make."""

    NONE = "none"
    CREDIT_CODE = "unified-social-credit-code"
    IDENTITY_NUMBER = "resident-identity-number"
    DIVISION = "administrative-division"


class UpdateCycle(StrEnum):
    """更新周期: how often the provider brings the data up to date."""

    REAL_TIME = "real-time"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half-yearly"
    YEARLY = "yearly"
    IRREGULAR = "irregular"


class ShareMethod(StrEnum):
    """共享方式: on the platform as 数据库, 文件 or 接口; off it by mail, disk or medium."""

    DATABASE = "platform-database"
    FILE = "platform-file"
    INTERFACE = "platform-interface"
    MAIL = "mail"
    DISK = "disk"
    MEDIUM = "medium"


class PublishedItem(BaseModel):
    """One item of a published resource.

    `code` is the ASCII column name, `name` the Chinese one. `length` is the most characters or,
    for numbers, the most digits; `scale` the digits after the decimal point. `element` is the code
    of the data element (数据元) that the item is bound to.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str
    name: str
    type: ItemType
    length: int | None = None
    scale: int | None = None
    key: bool = False
    required: bool = False
    secrecy: Secrecy = Secrecy.NONE
    share_type: ShareType = ShareType.NOT_SHARED
    standard: Standard = Standard.NONE
    element: str | None = None


class ChangeKind(StrEnum):
    """What happens to the catalogue: a resource enters, is replaced by a later version, leaves."""

    PUBLICATION = "publication"
    REVISION = "revision"
    WITHDRAWAL = "withdrawal"


class NamedSuccessor(BaseModel):
    """A resource that takes another's place; `items` maps old item codes to its own."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    resource: UUID
    items: dict[str, str]


class NeedRuling(StrEnum):
    """What the authority rules on a need that nothing in the catalogue meets."""

    RESOURCE_NAMED = "resource-named"
    COLLECTION_ASSIGNED = "collection-assigned"
    GAP_RECORDED = "gap-recorded"
