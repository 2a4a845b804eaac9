"""What a provider registers of its system: operations, their parameters, and their limits. Pure."""

import re
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from services.exchange.apis import patterns
from shared.texts import filled, printable

MOST_OPERATIONS: Final = 50
MOST_PARAMETERS: Final = 40
LONGEST_TEXT: Final = 4000
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
# Plain segments of a path, and names of parameters in it.
_PATH: Final = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|\{[A-Za-z][A-Za-z0-9_]*\})*)+")
_PLAIN_PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@-]*)+")
_BASE: Final = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~-]+)*")

Text = Annotated[str, AfterValidator(printable), AfterValidator(filled)]


class Way(StrEnum):
    """How the provider's system is reached."""

    ADDRESS = "address"
    FRONT_END_MACHINE = "front-end-machine"


class Method(StrEnum):
    """What is asked of a system: sharing reads, by GET or by POST."""

    GET = "GET"
    POST = "POST"


class Place(StrEnum):
    """Where the provider's system takes a parameter."""

    PATH = "path"
    QUERY = "query"
    BODY = "body"


class Kind(StrEnum):
    """The type of a parameter."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"


class BodyForm(StrEnum):
    """How parameters of the body are written."""

    JSON = "json"
    FORM = "form"


class ContentType(StrEnum):
    """What an answer may be: nothing that a browser would run."""

    JSON = "application/json"
    GEO_JSON = "application/geo+json"
    XML = "application/xml"
    TEXT_XML = "text/xml"
    CSV = "text/csv"
    TEXT = "text/plain"
    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"
    ZIP = "application/zip"
    BYTES = "application/octet-stream"


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Parameter(_Closed):
    """One parameter of an operation, and which values it takes."""

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$", examples=["id_number"])
    place: Place = Field(description="Where the provider's system takes it.")
    kind: Kind = Kind.TEXT
    required: bool = True
    sent_as: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_.\[\]-]{1,64}$",
        description="Its name at the provider's system, where that is another one.",
    )
    about: Text | None = Field(default=None, max_length=500, examples=["18位公民身份号码"])
    pattern: str | None = Field(
        default=None,
        max_length=500,
        description="Of a text: a regular expression that the whole of it matches, without "
        "look-around and back references.",
        examples=["[0-9]{17}[0-9X]"],
    )
    shortest: int = Field(default=1, ge=0, le=LONGEST_TEXT, description="Of a text.")
    longest: int = Field(default=200, ge=1, le=LONGEST_TEXT, description="Of a text.")
    least: Decimal | None = Field(default=None, description="Of a number.")
    most: Decimal | None = Field(default=None, description="Of a number.")
    choices: list[Annotated[str, Field(min_length=1, max_length=200)]] | None = Field(
        default=None, min_length=1, max_length=200, description="Of a text: nothing else."
    )

    @property
    def name_there(self) -> str:
        """Its name at the provider's system."""
        return self.sent_as or self.name

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        textual = self.pattern is not None or self.choices is not None
        if textual and self.kind is not Kind.TEXT:
            raise ValueError("only a text has a pattern or choices")
        bounded = self.least is not None or self.most is not None
        if bounded and self.kind not in (Kind.INTEGER, Kind.NUMBER):
            raise ValueError("only a number has a least and a most")
        if self.place is Place.PATH and (not self.required or self.shortest == 0):
            raise ValueError("what stands in a path is required and not empty")
        if self.shortest > self.longest:
            raise ValueError("shortest is above longest")
        if self.pattern is not None:
            # Compiled here and now, so that a call never meets one that does not compile.
            patterns.whole(self.pattern)
        return self


class Operation(_Closed):
    """One thing that can be asked of the provider's system."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$", examples=["household-by-id"])
    about: Text = Field(max_length=2000, examples=["按公民身份号码查询户籍信息"])
    method: Method = Method.GET
    path: str = Field(
        max_length=500,
        description="Behind the address, with `{name}` for parameters of the path.",
        examples=["/households/{id_number}"],
    )
    parameters: list[Parameter] = Field(default_factory=list, max_length=MOST_PARAMETERS)
    body: BodyForm = BodyForm.JSON
    items: list[str] = Field(
        min_length=1,
        max_length=1000,
        description="The codes of the items that its answer holds. Only who is granted all of "
        "them may call it, for what the system answers cannot be narrowed on the way.",
    )
    repeatable: bool = Field(
        default=False,
        description="Of a POST: asking twice is the same as asking once, so a call that "
        "failed may be sent again. A GET always is.",
    )
    timeout_seconds: int = Field(default=10, ge=1, le=50, description="For the whole answer.")
    retries: int = Field(default=1, ge=0, le=3)
    most_bytes: int = Field(default=1 << 20, ge=1, le=64 << 20, description="Of an answer.")
    content_types: list[ContentType] = Field(
        default_factory=lambda: [ContentType.JSON], min_length=1, max_length=len(ContentType)
    )
    last_good_hours: int | None = Field(
        default=None,
        ge=1,
        le=24 * 31,
        description="末次有效应答: while the system is away, its last answer to the same question "
        "is given with its date, if it is no older. None where you do not allow it.",
    )

    @property
    def safe_to_repeat(self) -> bool:
        """Whether a call that may have arrived may be sent again."""
        return self.method is Method.GET or self.repeatable

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        names = [parameter.name for parameter in self.parameters]
        if len(set(names)) != len(names):
            raise ValueError("two parameters have the same name")
        there = [(p.place, p.name_there) for p in self.parameters]
        if len(set(there)) != len(there):
            raise ValueError("two parameters have the same name at the provider's system")
        if not _PATH.fullmatch(self.path) or dotted(self.path):
            raise ValueError("the path is a plain one, without query, beginning with /")
        inside = _PLACEHOLDER.findall(self.path)
        declared = [p.name for p in self.parameters if p.place is Place.PATH]
        if sorted(inside) != sorted(declared):
            raise ValueError("the names in the path are those of its parameters, each once")
        if self.method is Method.GET and any(p.place is Place.BODY for p in self.parameters):
            raise ValueError("a GET has no body")
        if self.last_good_hours is not None and not self.safe_to_repeat:
            raise ValueError("the last answer is kept only of what is safe to repeat")
        return self


class Health(_Closed):
    """What is asked, by GET, to find out whether the system is there; any 2xx says that it is."""

    path: str = Field(max_length=500, examples=["/health"])
    every_seconds: int = Field(default=60, ge=10, le=3600)

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if not _PLAIN_PATH.fullmatch(self.path) or dotted(self.path):
            raise ValueError("the path is a plain one, without query, beginning with /")
        return self


class Definition(_Closed):
    """A provider's system as it is registered for a resource."""

    way: Way = Field(
        description="`address`: the platform calls the address. `front-end-machine`: a machine of "
        "the department takes the calls over a connection that it opens itself."
    )
    address: str | None = Field(
        default=None,
        max_length=400,
        description="The system's address, with a beginning of the path where it has one.",
        examples=["https://api.civil-affairs.example.gov.cn/v2"],
    )
    operations: list[Operation] = Field(min_length=1, max_length=MOST_OPERATIONS)
    calls_per_minute: int = Field(
        default=600, ge=1, le=60_000, description="Of each department that has a grant."
    )
    at_once: int = Field(default=8, ge=1, le=32, description="Calls under way, of all together.")
    health: Health | None = None

    def operation(self, name: str) -> Operation | None:
        """The operation of that name."""
        return next((one for one in self.operations if one.name == name), None)

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if (self.way is Way.ADDRESS) != (self.address is not None):
            raise ValueError("an address belongs to the way `address`, and to no other")
        if self.address is not None and not _BASE.fullmatch(self.address):
            raise ValueError("the address is plain, without query and without / at its end")
        if self.address is not None and dotted(self.address):
            raise ValueError("no segment of the address is . or ..")
        if self.way is Way.FRONT_END_MACHINE and self.health is not None:
            raise ValueError("a front-end machine says by itself that it is there")
        names = [operation.name for operation in self.operations]
        if len(set(names)) != len(names):
            raise ValueError("two operations have the same name")
        return self


def dotted(path: str) -> bool:
    """Whether a segment is one that leads elsewhere (RFC 3986 §3.3)."""
    return any(segment in (".", "..") for segment in path.split("/"))
