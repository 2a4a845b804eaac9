"""The wire shape of what must be shared and is not."""

from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from services.catalog.models import ResourceVersion
from services.catalog.must_share.categories import category_of
from services.catalog.views import BasisView
from shared.events.catalog import ShareType
from shared.rulebooks import Rulebook
from shared.rulebooks.vocabulary import MustShare


class UnsharedView(BaseModel):
    """A resource that the rulebook wants shared, and what of it is not."""

    resource: UUID
    code: str | None = Field(examples=["201/000004"])
    version: int
    name: str
    provider: UUID
    provider_name: str
    category: MustShare | None = Field(description="Why it must be shared.")
    article: str | None = Field(examples=["baoji-2017 §15(3)"])
    share_type: ShareType | None
    items: list[str] = Field(description="Codes of items not shared, where the whole is.")
    legal_basis: BasisView | None = Field(description="What the provider rests it on.")

    @classmethod
    def of(cls, version: ResourceVersion, rulebook: Rulebook) -> Self:
        """The view of a published version; resource, department and items must be loaded."""
        resource, entry = version.resource, version.entry
        basis = entry.legal_basis
        return cls(
            resource=resource.id,
            code=resource.code,
            version=version.number,
            name=version.name,
            provider=resource.provider,
            provider_name=resource.department.name,
            category=category_of(version.must_share, version.topic, rulebook),
            article=rulebook.must_share.article,
            share_type=version.share_type,
            items=[i.code for i in entry.items if i.share_type is ShareType.NOT_SHARED],
            legal_basis=BasisView.model_validate(basis) if basis else None,
        )
