"""The shapes of the values that have more than one part."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.rulebooks.duties import (
    AssessmentOutcome,
    AuditedOperation,
    ForbiddenUse,
    Measure,
    Reporter,
    ResponsibleRole,
    SanctionStep,
    SanctionTrigger,
)
from shared.rulebooks.vocabulary import (
    BasicCategory,
    CatalogueField,
    Change,
    Cycle,
    DisputeStep,
    LegalBasis,
    Level,
    MustShare,
    Network,
    Party,
    PassingOn,
    RequestClass,
    Sensitivity,
    ShareType,
    Statement,
    Terms,
    Theme,
)

WorkingDays = Annotated[int, Field(gt=0)]
Years = Annotated[int, Field(gt=0)]


class Value(BaseModel):
    """A value of several parts: closed, unchangeable, and never coerced."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class CompetentAuthority(Value):
    """Who is in charge. `superior` is the body above it that decides what it may not."""

    name: str
    superior: str | None = None
    each_level_has_its_own: bool


class ShareTypes(Value):
    """The types a resource can have.

    `stated` is false where the text names no types: then an entry with an empty sharing
    condition is unconditional and one with a condition is conditional (design).
    """

    types: frozenset[ShareType] = Field(min_length=1)
    stated: bool


class CatalogueEntry(Value):
    """The fields that an entry must state, beside the platform's own."""

    required: frozenset[CatalogueField] = Field(min_length=1)


class CatalogueCompilation(Value):
    """Who compiles entries and who gathers them into the catalogue."""

    compiled_by: Party
    gathered_by: Party


class CatalogueRefresh(Value):
    """What makes a refresh due, who is told, and whether in writing."""

    after: frozenset[Change] = Field(min_length=1)
    told: Party | None = None
    in_writing: bool


class CatalogueMaintenance(Value):
    """The recurring upkeep of the catalogue; `full` when every entry is gone through."""

    every: Cycle
    by: Party
    full: bool


class SensitiveNetwork(Value):
    """Data of these kinds travels over this network only."""

    kinds: frozenset[Sensitivity] = Field(min_length=1)
    network: Network


class SecrecyReview(Value):
    """A review before anything is shared; `excluded` kinds may not pass it."""

    by: Party
    before_sharing: bool
    excluded: frozenset[Sensitivity]


class SecrecyDispute(Value):
    """Who decides whether something is a secret, or private, when the parties disagree."""

    kinds: frozenset[Sensitivity] = Field(min_length=1)
    decided_by: str


class BasicInformation(Value):
    """Information that must be unconditional.

    `basic_items_only`: the categories' basic items are, their business items need not be.
    `examples`: the text names the categories as examples.
    """

    categories: frozenset[BasicCategory] = Field(min_length=1)
    basic_items_only: bool
    examples: bool


class MustShareInformation(Value):
    """Categories that must be shared in some way, and the themes among them."""

    categories: frozenset[MustShare] = Field(min_length=1)
    themes: frozenset[Theme]


class RepeatCollection(Value):
    """What sharing gives is not collected again, unless such a basis says otherwise.

    `public_spared`: the text says that persons and enterprises are not asked again.
    """

    public_spared: bool
    in_principle: bool
    except_under: frozenset[LegalBasis]


class Inconsistency(Value):
    """Who clears up that two sources differ."""

    resolved_by: frozenset[Party] = Field(min_length=1)


class Application(Value):
    """What a request must state and what the provider fixes when it shares."""

    states: frozenset[Statement] = Field(min_length=1)
    provider_fixes: frozenset[Terms]


class ProviderAnswer(Value):
    """Working days from receipt of the request within which the provider answers."""

    working_days: WorkingDays
    applies_to: RequestClass


class RefusalForm(Value):
    """What a refusal must carry."""

    applies_to: RequestClass
    reasons: bool
    in_writing: bool
    filed_with_authority: bool


class DisputePath(Value):
    """The ordered steps; `provincial` replaces them where provincial organs are concerned.

    `direct`: a need can go to the authority without negotiating first.
    """

    steps: tuple[DisputeStep, ...] = Field(min_length=1)
    provincial: tuple[DisputeStep, ...] | None = None
    direct: bool


class ConfidentialityAgreement(Value):
    """Who signs before data flows. Empty `kinds` = every request of the class."""

    parties: frozenset[Party] = Field(min_length=2)
    led_by: Party | None = None
    applies_to: RequestClass
    kinds: frozenset[Sensitivity]


class PurposeBinding(Value):
    """Own duties only; `granted_purpose`: within them, only what was granted."""

    granted_purpose: bool
    forbidden: frozenset[ForbiddenUse] = Field(min_length=1)


class PassingOnRule(Value):
    """Whether data may go to a third party; `altered_form`: the rule names altered form too."""

    rule: PassingOn
    altered_form: bool


class Publication(Value):
    """Publishing what was obtained. `open_information`: what open-government law covers is
    exempt from consent, and then names its source if `source_named`."""

    consent_of: Party
    open_information: bool
    source_named: bool


class AuditTrail(Value):
    """What is recorded; an empty set where the text demands a trail and names no operation."""

    operations: frozenset[AuditedOperation]
    copies: bool


class AnnualReport(Value):
    """Due by this day of each year, about the year before."""

    by: frozenset[Reporter] = Field(min_length=1)
    month: int = Field(ge=1, le=12)
    day: int = Field(ge=1, le=31)
    to: str
    summarised_to: str | None = None


class Assessment(Value):
    """How often, at what, by whom, and what of it is published."""

    every: Cycle
    by: str
    measures: frozenset[Measure]
    publishes: frozenset[AssessmentOutcome]
    against_year_plan: bool
    feeds: str | None = None


class Sanction(Value):
    """A rung of the ladder and what leads to it; rungs of one trigger come together."""

    step: SanctionStep
    when: SanctionTrigger


class SanctionLadder(Value):
    """Rungs in order, from what is done first."""

    by: str
    steps: tuple[Sanction, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _starts_when_something_is_found(self) -> Self:
        if self.steps[0].when is not SanctionTrigger.FOUND:
            raise ValueError("the first rung must be reached when a violation is found")
        return self


class Violation(Value):
    """One listed violation: a stable id, the item of the article, and the law's sentence."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    item: str
    text: str


class OffPlatform(Value):
    """Exchange that does not go over the platform, and what it owes the authority."""

    only_for_special_reasons: bool
    filed_with_authority: bool
    statistics: Cycle


class Migration(Value):
    """Older exchanges and systems move to the platform; new ones must start there."""

    existing_moves: bool
    new_must_use_platform: bool
    lower_platforms_move: bool


class Platforms(Value):
    """Levels with a platform of their own, and whether they connect upward."""

    levels: frozenset[Level] = Field(min_length=1)
    connects_upward: bool


class DoubtfulData(Value):
    """Who verifies what is doubted; `served_meanwhile`: valid proof is honoured as usual."""

    verified_by: Party
    served_meanwhile: bool


class Supervision(Value):
    """Who looks on, and whether at the whole process."""

    by: frozenset[Party] = Field(min_length=1)
    whole_process: bool


class ResponsiblePersons(Value):
    """Whom a department names, and whether names and their changes are filed."""

    roles: frozenset[ResponsibleRole] = Field(min_length=1)
    filed_with_authority: bool
