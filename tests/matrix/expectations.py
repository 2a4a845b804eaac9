"""The table: what each operation answers to whoever has its permission, by whose the thing is.

Read aloud: `own_only()` is "one's own department's; to all others it does not exist". The test
adds from gateway/roles.py whoever lacks the permission (`permission-missing`) and strangers (401).
"""

from gateway.roles import Role
from tests.matrix.cells import (
    ANSWERED,
    UNKNOWN,
    Cell,
    everybody,
    known_to_all,
    not_the_authoritys,
    overseen,
    own_only,
    taking,
    the_authority_alone,
    the_other_sides,
    unknown,
)
from tests.matrix.delta import DELTA_LISTS, DELTA_TABLES
from tests.matrix.interfaces import INTERFACES
from tests.matrix.outside import OUTSIDE

_SYSTEM = Role.SYSTEM_ADMINISTRATOR
_NOT_PROVIDER, _NOT_REQUESTER = "request-not-the-provider", "request-not-the-requester"
_NOT_LIMITS = "client-limits-not-yours"
_NOT_COLLECTION = "collection-not-the-authority"
_NOT_REGION = "department-region-not-yours"
_NOT_LEADING = "former-address-not-the-authority"
_NOT_TAKER = "grant-takeover-not-the-authority"
_NOT_AUTHORITY = "suspension-not-the-authority"

_SECURITY = Role.SECURITY_ADMINISTRATOR
_OVERSEERS = (Role.CATALOGUE_ADMINISTRATOR, Role.COORDINATOR, Role.SUPERVISOR)
_ACCOUNTS = (
    "GET /v1/operators/{operator}",
    "GET /v1/operators/{operator}/history",
    "PUT /v1/operators/{operator}/roles",
    "POST /v1/operators/{operator}/initial-password",
    "POST /v1/operators/{operator}/recoveries",
    "POST /v1/operators/{operator}/reopen",
    "POST /v1/operators/{operator}/close",
)
_DEPUTIES = (
    "GET /v1/operators/{operator}/deputies",
    "POST /v1/operators/{operator}/deputies",
    "POST /v1/deputies/{deputy}/end",
)
_RECOVERIES = (
    "POST /v1/recoveries/{recovery}/approve",
    "POST /v1/recoveries/{recovery}/refuse",
)
_MACHINES_LINKS = (
    "GET /v1/clients/{client}/identities",
    "GET /v1/clients/{client}/certificates",
    "PUT /v1/clients/{client}/certificates",
    "DELETE /v1/clients/{client}/identities/{link}",
)
_PEOPLES_LINKS = (
    "GET /v1/operators/{operator}/identities",
    "DELETE /v1/operators/{operator}/identities/{link}",
)
_SUCCESSIONS = (
    "GET /v1/successions/{succession}",
    "GET /v1/successions/{succession}/preview",
    "PUT /v1/successions/{succession}",
    "POST /v1/successions/{succession}/cancel",
)
_YEAR_PLANS = (
    "GET /v1/year-plans/{plan}",
    "GET /v1/year-plans/{plan}/progress",
    "PUT /v1/year-plans/{plan}",
    "POST /v1/year-plans/{plan}/adopt",
)
_IMPORTS = (
    "GET /v1/imports/{import}",
    "GET /v1/imports/{import}/entries",
    "GET /v1/imports/{import}/problems",
)
_CATALOGUE_LISTS = (
    "GET /v1/catalogue-changes",
    "GET /v1/catalogue-maintenance",
    "GET /v1/catalogue-updates",
    "POST /v1/catalogue-updates",
    "GET /v1/catalogue-upkeep",
    "PUT /v1/catalogue/entries",
    "GET /v1/catalogue/workbook",
    "POST /v1/catalogue/workbook",
    "GET /v1/catalogue/workbook/entries",
    "GET /v1/catalogues/{catalogue}",
    "GET /v1/catalogues/{catalogue}/changes",
    "GET /v1/catalogues/{catalogue}/entries",
    "GET /v1/collection-rulings",
    "GET /v1/data-elements",
    "GET /v1/imports",
    "GET /v1/mappings",
    "POST /v1/mappings/preview",
    "GET /v1/must-share/unshared",
    "GET /v1/needs",
    "POST /v1/needs",
    "GET /v1/it-projects",
    "POST /v1/it-projects",
    "GET /v1/public-services",
    "POST /v1/public-services",
    "GET /v1/resources/facets",
    "GET /v1/resources/suggestions",
    "GET /v1/year-plans",
    "GET /v1/catalogue/former-codes",
    "GET /v1/harvest-sources",
    "POST /v1/harvest-sources",
)
_STEPS = ("review", "approve", "link", "accept", "funding", "statements", "evaluations", "end")
# Nothing of the city's is harvested, no reviewer lent, no project filed, no old grant brought in;
# no guide to services.
_NOT_THERE = (
    *(f"POST /v1/it-projects/{{project}}/{step}" for step in _STEPS),
    *(f"POST /v1/public-services/{{service}}/{step}" for step in ("confirm", "keep", "end")),
    *(f"{method} /v1/it-projects/{{project}}" for method in ("GET", "PUT")),
    *(f"{method} /v1/public-services/{{service}}" for method in ("GET", "PUT")),
    "GET /v1/public-services/{service}/versions",
    "GET /v1/harvest-sources/{source}",
    "GET /v1/harvest-sources/{source}/gone",
    "GET /v1/harvest-sources/{source}/runs",
    "POST /v1/harvest-sources/{source}/run",
    "POST /v1/harvest-sources/{source}/end",
    "POST /v1/reviewer-loans/{loan}/end",
    "GET /v1/grant-takeovers/{takeover}",
    *(f"POST /v1/grant-takeovers/{{takeover}}/{end}" for end in ("confirm", "refuse", "cancel")),
)


def _machines() -> Cell:
    """One's own department's; at the authority, the region's for the system administrator."""
    return Cell(ANSWERED, UNKNOWN, UNKNOWN, UNKNOWN, overseeing=frozenset({_SYSTEM}))


def _accounts() -> Cell:
    """One's own department's; at the authority, the region's for the security administrator."""
    return Cell(ANSWERED, UNKNOWN, UNKNOWN, UNKNOWN, overseeing=frozenset({_SECURITY}))


def _colleagues() -> Cell:
    """A person's own; a colleague's for who keeps the accounts."""
    return Cell(
        UNKNOWN,
        UNKNOWN,
        UNKNOWN,
        UNKNOWN,
        overseeing=frozenset({_SECURITY}),
        at_home=frozenset({_SECURITY, Role.DEPARTMENT_ADMINISTRATOR}),
    )


def _recovered() -> Cell:
    """Another person's to decide than asked, at the department or the platform."""
    return Cell(
        ANSWERED,
        UNKNOWN,
        UNKNOWN,
        UNKNOWN,
        overseeing=frozenset({_SECURITY, _SYSTEM}),
        but={Role.DEPARTMENT_ADMINISTRATOR: "recovery-second-person"},
    )


def _the_authoritys_plan() -> Cell:
    """A plan of the competent authority, which departments do not see."""
    return Cell(UNKNOWN, UNKNOWN, ANSWERED, UNKNOWN)


# Where an operation has several lines, the things differ.
CELLS: dict[str, tuple[Cell, ...]] = {
    "GET /v1/me": (everybody(),),
    "GET /v1/permissions": (everybody(),),
    "GET /v1/departments": (everybody(),),
    "POST /v1/departments": (the_authority_alone(_NOT_REGION, _NOT_REGION),),
    "GET /v1/departments/{department}": (known_to_all(),),
    "GET /v1/departments/{department}/history": (known_to_all(),),
    "GET /v1/departments/{department}/changes": (known_to_all(),),
    "POST /v1/departments/{department}/changes": (the_authority_alone(_NOT_REGION, UNKNOWN),),
    "POST /v1/departments/{department}/changes/{change}/cancel": (
        the_authority_alone(_NOT_REGION, UNKNOWN),
    ),
    "GET /v1/clients": (everybody(),),
    "POST /v1/clients": (_machines(),),
    "POST /v1/clients/{client}/revoke": (_machines(),),
    "GET /v1/clients/{client}/secrets": (_machines(),),
    "POST /v1/clients/{client}/secrets": (_machines(),),
    "POST /v1/clients/{client}/delta-sharing-profile": (_machines(),),
    "DELETE /v1/clients/{client}/secrets/{secret}": (_machines(),),
    "GET /v1/clients/{client}/keys": (_machines(),),
    "PUT /v1/clients/{client}/keys": (_machines(),),
    "GET /v1/clients/{client}/addresses": (_machines(),),
    "PUT /v1/clients/{client}/addresses": (_machines(),),
    "GET /v1/clients/{client}/permissions": (_machines(),),
    "PUT /v1/clients/{client}/permissions": (_machines(),),
    "GET /v1/clients/{client}/limits": (overseen(),),
    "PUT /v1/clients/{client}/limits": (Cell(_NOT_LIMITS, UNKNOWN, ANSWERED, UNKNOWN),),
    "GET /v1/operators": (everybody(),),
    "POST /v1/operators": (overseen(),),
    **{operation: (_accounts(),) for operation in _ACCOUNTS},
    **{operation: (_colleagues(),) for operation in _DEPUTIES},
    "GET /v1/recoveries": (everybody(),),
    **{operation: (_recovered(),) for operation in _RECOVERIES},
    **{operation: (_machines(),) for operation in _MACHINES_LINKS},
    # The code of a log-in at an outside issuer that nobody made is as unknown as a machine.
    "POST /v1/clients/{client}/identities": (unknown(),),
    "POST /v1/operators/{operator}/identities": (unknown(),),
    # Whose account is whose at an outside issuer, the security administrator says.
    **{operation: (overseen(),) for operation in _PEOPLES_LINKS},
    # Names and office telephones: the department's own people, and who sees to the filing.
    "GET /v1/departments/{department}/filing": (own_only(*_OVERSEERS),),
    "GET /v1/departments/{department}/filing/history": (own_only(*_OVERSEERS),),
    "PUT /v1/departments/{department}/filing": (own_only(),),
    "GET /v1/filings/overdue": (everybody(),),
    "GET /v1/reviewer-loans": (everybody(),),
    "POST /v1/reviewer-loans": (unknown(),),
    **{operation: (unknown(),) for operation in _NOT_THERE},
    "PUT /v1/catalogue/former-codes": (
        the_authority_alone("takeover-not-the-authority", "takeover-not-the-authority"),
    ),
    "GET /v1/successions": (everybody(),),
    "POST /v1/successions": (the_authority_alone(_NOT_REGION, UNKNOWN),),
    **{operation: (_the_authoritys_plan(),) for operation in _SUCCESSIONS},
    "POST /v1/me/password": (everybody(machines="password-people-only"),),
    "GET /v1/me/certificates": (everybody(),),
    # Nobody here has enrolled an authenticator, and nobody has a certificate.
    "POST /v1/me/certificates": (everybody(),),
    "DELETE /v1/me/certificates/{certificate}": (unknown(),),
    "POST /v1/me/second-factor/remove": (everybody(),),
    "POST /v1/me/second-factor/replace": (everybody(),),
    "GET /v1/me/second-factor": (everybody(),),
    "POST /v1/me/second-factor": (everybody(machines="second-factor-people-only"),),
    "POST /v1/me/second-factor/confirm": (everybody(machines=UNKNOWN),),
    "GET /v1/resources": (everybody(),),
    "POST /v1/resources": (everybody(),),
    "GET /v1/resources/{resource}": (own_only(resource="draft"), known_to_all()),
    "PUT /v1/resources/{resource}": (own_only(resource="draft"),),
    "POST /v1/resources/{resource}/submit": (own_only(resource="draft"),),
    "POST /v1/resources/{resource}/review": (own_only(resource="draft"),),
    "POST /v1/resources/{resource}/secrecy-review": (own_only(resource="draft"),),
    # The draft has been submitted, reviewed and cleared by then: the authority's turn.
    "POST /v1/resources/{resource}/publish": (
        Cell("resource-wrong-side", UNKNOWN, UNKNOWN, UNKNOWN, names={"resource": "draft"}),
    ),
    "POST /v1/resources/{resource}/withdraw": (own_only(resource="draft"),),
    "GET /v1/resources/{resource}/versions": (own_only(resource="draft"), known_to_all()),
    "GET /v1/resources/{resource}/versions/{version}": (
        own_only(resource="draft"),
        known_to_all(),
    ),
    "GET /v1/resources/{resource}/versions/{version}/compare/{other}": (
        own_only(resource="draft", other="version"),
        known_to_all(other="version"),
    ),
    **{operation: (everybody(),) for operation in _CATALOGUE_LISTS},
    "GET /v1/catalogue-changes/{change}": (known_to_all(change="catalogue_change"),),
    "POST /v1/catalogue-changes/{change}/cancel": (
        Cell(
            ANSWERED,
            "change-not-yours",
            ANSWERED,
            UNKNOWN,
            names={"change": "catalogue_change"},
        ),
    ),
    "GET /v1/catalogue-updates/{update}": (overseen(),),
    "POST /v1/catalogue-updates/{update}/settle": (not_the_authoritys("occasion-not-yours"),),
    "POST /v1/catalogue-maintenance/{quarter}/confirm": (everybody(),),
    "GET /v1/data-elements/{element}": (known_to_all(),),
    "PUT /v1/data-elements/{element}": (
        the_authority_alone("standards-not-an-authority", "standards-not-an-authority"),
    ),
    "GET /v1/mappings/{mapping}": (known_to_all(),),
    "GET /v1/mappings/{mapping}/versions": (known_to_all(),),
    "PUT /v1/mappings/{mapping}": (
        the_authority_alone("mapping-not-the-authority", "mapping-not-the-authority"),
    ),
    "POST /v1/year-plans": (the_authority_alone("year-plan-not-yours", "year-plan-not-yours"),),
    **{operation: (_the_authoritys_plan(),) for operation in _YEAR_PLANS},
    **{operation: (own_only(),) for operation in _IMPORTS},
    # What was handed in as no workbook has no annotated copy.
    "GET /v1/imports/{import}/workbook": (unknown(),),
    "GET /v1/resources/{resource}/duplicates": (own_only(resource="draft"), known_to_all()),
    "POST /v1/resources/{resource}/secondary-items": (own_only(resource="draft"),),
    "GET /v1/duplicates": (the_authority_alone(_NOT_COLLECTION, _NOT_COLLECTION),),
    "POST /v1/collection-rulings": (the_authority_alone(_NOT_COLLECTION, _NOT_COLLECTION),),
    "GET /v1/collection-rulings/{ruling}": (known_to_all(),),
    "GET /v1/needs/{need}": (overseen(),),
    "GET /v1/needs/{need}/history": (overseen(),),
    "GET /v1/needs/{need}/proposals": (overseen(),),
    "PUT /v1/needs/{need}": (not_the_authoritys("need-not-yours"),),
    "POST /v1/needs/{need}/choose": (not_the_authoritys("need-not-yours"),),
    "POST /v1/needs/{need}/report-unmet": (not_the_authoritys("need-not-yours"),),
    "POST /v1/needs/{need}/withdraw": (not_the_authoritys("need-not-yours"),),
    "POST /v1/needs/{need}/rule": (Cell("need-not-the-authority", UNKNOWN, ANSWERED, UNKNOWN),),
    "GET /v1/requests": (everybody(),),
    "POST /v1/requests": (
        Cell(ANSWERED, ANSWERED, ANSWERED, UNKNOWN, suspended="request-department-suspended"),
    ),
    "GET /v1/requests/{request}": (overseen(), overseen(request="incoming")),
    "POST /v1/requests/{request}/approve": (
        not_the_authoritys(_NOT_PROVIDER, request="incoming"),
        the_other_sides(_NOT_PROVIDER),
    ),
    "POST /v1/requests/{request}/refuse": (
        not_the_authoritys(_NOT_PROVIDER, request="incoming"),
        the_other_sides(_NOT_PROVIDER),
    ),
    "POST /v1/requests/{request}/withdraw": (
        not_the_authoritys(_NOT_REQUESTER),
        the_other_sides(_NOT_REQUESTER, request="incoming"),
    ),
    "GET /v1/grants": (everybody(),),
    "GET /v1/grants/{grant}": (overseen(), overseen(grant="given")),
    "PUT /v1/grants/{grant}/circle": (not_the_authoritys("grant-circle-not-yours"),),
    "POST /v1/grants/{grant}/revoke": (
        not_the_authoritys(_NOT_PROVIDER, grant="given"),
        the_other_sides(_NOT_PROVIDER),
    ),
    "GET /v1/grants/{grant}/usage": (overseen(), overseen(grant="given")),
    "GET /v1/former-addresses": (everybody(),),
    "PUT /v1/former-addresses": (the_authority_alone(_NOT_LEADING, _NOT_LEADING),),
    "POST /v1/former-addresses/rehearse": (the_authority_alone(_NOT_LEADING, _NOT_LEADING),),
    "POST /v1/former-addresses/{former_address}/end": (
        Cell(_NOT_LEADING, _NOT_LEADING, UNKNOWN, _NOT_LEADING),
    ),
    "GET /v1/former-addresses/{former_address}/target": (unknown(),),
    "GET /v1/grant-takeovers": (everybody(),),
    "PUT /v1/grant-takeovers": (the_authority_alone(_NOT_TAKER, _NOT_TAKER),),
    "POST /v1/grant-takeovers/rehearse": (the_authority_alone(_NOT_TAKER, _NOT_TAKER),),
    "GET /v1/suspensions": (everybody(),),
    "POST /v1/suspensions": (the_authority_alone(_NOT_AUTHORITY, UNKNOWN),),
    "GET /v1/suspensions/{suspension}": (overseen(),),
    "POST /v1/suspensions/{suspension}/lift": (Cell(_NOT_AUTHORITY, UNKNOWN, ANSWERED, UNKNOWN),),
    "GET /v1/resources/{resource}/batches": (own_only(),),
    "POST /v1/resources/{resource}/batches": (own_only(),),
    "POST /v1/resources/{resource}/uploads": (own_only(),),
    "GET /v1/uploads": (everybody(),),
    "GET /v1/uploads/{upload}": (unknown(),),
    "DELETE /v1/uploads/{upload}": (unknown(),),
    "GET /v1/batches/{batch}": (own_only(),),
    "GET /v1/batches/{batch}/rejects": (own_only(),),
    "POST /v1/batches/{batch}/cancel": (own_only(),),
    "POST /v1/batches/{batch}/confirm": (own_only(),),
    "POST /v1/batches/{batch}/recall": (own_only(),),
    "GET /v1/resources/{resource}/history": (own_only(),),
    "PUT /v1/resources/{resource}/history": (own_only(),),
    "GET /v1/resources/{resource}/rules": (own_only(),),
    "PUT /v1/resources/{resource}/rules": (own_only(),),
    "GET /v1/deliveries": (everybody(),),
    "GET /v1/deliveries/{grant}": (own_only(), own_only(grant="given")),
    "POST /v1/deliveries/{grant}/receipts": (own_only(),),
    "GET /v1/grants/{grant}/changes": (taking(),),
    "GET /v1/grants/{grant}/snapshot": (taking(),),
    "POST /v1/grants/{grant}/lookup": (taking(),),
    "POST /v1/grants/{grant}/counter": (taking(),),
    **{operation: (taking(),) for operation in DELTA_TABLES},
    **DELTA_LISTS,
    **INTERFACES,
    **OUTSIDE,
    "GET /v1/freshness": (everybody(),),
    "GET /v1/resources/{resource}/freshness": (overseen(),),
    "POST /v1/resources/{resource}/freshness/confirm": (own_only(),),
    "GET /v1/log/entries": (everybody(),),
    "GET /v1/log/entries/{index}": (overseen(),),
    "GET /v1/log/entries/{index}/receipt": (overseen(),),
    "GET /v1/log/checkpoint": (everybody(),),
    "GET /v1/log/consistency": (everybody(),),
    "GET /v1/log/key": (everybody(),),
    # Whether the whole log is whole is the installation's own authority's to see.
    "GET /v1/log/sources": (Cell(UNKNOWN, UNKNOWN, ANSWERED, UNKNOWN),),
}
