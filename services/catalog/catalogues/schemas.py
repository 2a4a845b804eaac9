"""The wire shape of the authority's catalogues."""

from pydantic import BaseModel, Field

from shared.rulebooks.vocabulary import CatalogueKind


class CatalogueView(BaseModel):
    """One of the catalogues that the competent authority makes of all entries."""

    kind: CatalogueKind
    name: str = Field(examples=["政务信息资源共享目录"])
    article: str | None = Field(description="Null where the rulebook does not name it.")
    region: str | None = Field(description="The region whose departments it covers.")
    entries: int
