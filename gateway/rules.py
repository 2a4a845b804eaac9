"""The rules, as data that can be read aloud: what may be asked of whom, with which permission.

A request that matches no rule does not exist (404). The rules equal the services' own OpenAPI
descriptions, which a test of the house compares.
"""

from dataclasses import dataclass

from shared.principal import Permission

SMALL_BODY = 1024 * 1024
ANY_BODY = 1 << 50


@dataclass(frozen=True, slots=True)
class Rule:
    """One operation. `data` marks those that move shared data and so need a live grant."""

    method: str
    path: str
    service: str
    permission: Permission
    data: bool = False
    body_limit: int = SMALL_BODY

    @property
    def operation(self) -> str:
        """The operation's name in records: method and path template, never a value."""
        return f"{self.method} {self.path}"


RULES: tuple[Rule, ...] = (
    # Identity
    Rule("GET", "/v1/me", "gateway", Permission.PROFILE_READ),
    Rule("GET", "/v1/permissions", "gateway", Permission.PROFILE_READ),
    Rule("GET", "/v1/departments", "gateway", Permission.DEPARTMENT_READ),
    Rule("POST", "/v1/departments", "gateway", Permission.DEPARTMENT_MANAGE),
    Rule("GET", "/v1/departments/{department}", "gateway", Permission.DEPARTMENT_READ),
    Rule("GET", "/v1/departments/{department}/history", "gateway", Permission.DEPARTMENT_READ),
    Rule("GET", "/v1/departments/{department}/changes", "gateway", Permission.DEPARTMENT_MANAGE),
    Rule("POST", "/v1/departments/{department}/changes", "gateway", Permission.DEPARTMENT_MANAGE),
    Rule(
        "POST",
        "/v1/departments/{department}/changes/{change}/cancel",
        "gateway",
        Permission.DEPARTMENT_MANAGE,
    ),
    Rule("GET", "/v1/successions", "gateway", Permission.DEPARTMENT_MANAGE),
    Rule("POST", "/v1/successions", "gateway", Permission.DEPARTMENT_MANAGE),
    Rule("GET", "/v1/successions/{succession}", "gateway", Permission.DEPARTMENT_MANAGE),
    Rule("PUT", "/v1/successions/{succession}", "gateway", Permission.DEPARTMENT_MANAGE),
    Rule("GET", "/v1/successions/{succession}/preview", "gateway", Permission.DEPARTMENT_MANAGE),
    Rule("POST", "/v1/successions/{succession}/cancel", "gateway", Permission.DEPARTMENT_MANAGE),
    Rule("GET", "/v1/reviewer-loans", "gateway", Permission.OPERATOR_MANAGE),
    Rule("POST", "/v1/reviewer-loans", "gateway", Permission.OPERATOR_MANAGE),
    Rule("POST", "/v1/reviewer-loans/{loan}/end", "gateway", Permission.OPERATOR_MANAGE),
    Rule("GET", "/v1/clients", "gateway", Permission.CLIENT_MANAGE),
    Rule("POST", "/v1/clients", "gateway", Permission.CLIENT_MANAGE),
    Rule("POST", "/v1/clients/{client}/revoke", "gateway", Permission.CLIENT_MANAGE),
    Rule("GET", "/v1/clients/{client}/secrets", "gateway", Permission.CLIENT_MANAGE),
    Rule("POST", "/v1/clients/{client}/secrets", "gateway", Permission.CLIENT_MANAGE),
    Rule("DELETE", "/v1/clients/{client}/secrets/{secret}", "gateway", Permission.CLIENT_MANAGE),
    Rule("GET", "/v1/clients/{client}/keys", "gateway", Permission.CLIENT_MANAGE),
    Rule("PUT", "/v1/clients/{client}/keys", "gateway", Permission.CLIENT_MANAGE),
    Rule("GET", "/v1/clients/{client}/certificates", "gateway", Permission.CLIENT_MANAGE),
    Rule("PUT", "/v1/clients/{client}/certificates", "gateway", Permission.CLIENT_MANAGE),
    Rule("GET", "/v1/clients/{client}/addresses", "gateway", Permission.CLIENT_MANAGE),
    Rule("PUT", "/v1/clients/{client}/addresses", "gateway", Permission.CLIENT_MANAGE),
    Rule("GET", "/v1/clients/{client}/permissions", "gateway", Permission.CLIENT_MANAGE),
    Rule("PUT", "/v1/clients/{client}/permissions", "gateway", Permission.CLIENT_MANAGE),
    Rule("GET", "/v1/clients/{client}/limits", "gateway", Permission.LIMIT_READ),
    Rule("PUT", "/v1/clients/{client}/limits", "gateway", Permission.LIMIT_MANAGE),
    Rule("GET", "/v1/clients/{client}/identities", "gateway", Permission.CLIENT_MANAGE),
    Rule("POST", "/v1/clients/{client}/identities", "gateway", Permission.CLIENT_MANAGE),
    Rule(
        "DELETE",
        "/v1/clients/{client}/identities/{link}",
        "gateway",
        Permission.CLIENT_MANAGE,
    ),
    Rule("GET", "/v1/operators/{operator}/identities", "gateway", Permission.OPERATOR_MANAGE),
    Rule("POST", "/v1/operators/{operator}/identities", "gateway", Permission.OPERATOR_MANAGE),
    Rule(
        "DELETE",
        "/v1/operators/{operator}/identities/{link}",
        "gateway",
        Permission.OPERATOR_MANAGE,
    ),
    Rule("POST", "/v1/operators", "gateway", Permission.OPERATOR_MANAGE),
    Rule("GET", "/v1/me/second-factor", "gateway", Permission.PROFILE_READ),
    Rule("POST", "/v1/me/second-factor", "gateway", Permission.PROFILE_MANAGE),
    Rule("POST", "/v1/me/second-factor/confirm", "gateway", Permission.PROFILE_MANAGE),
    Rule("POST", "/v1/me/second-factor/replace", "gateway", Permission.PROFILE_MANAGE),
    Rule("POST", "/v1/me/second-factor/remove", "gateway", Permission.PROFILE_MANAGE),
    # Accounts
    Rule("POST", "/v1/me/password", "gateway", Permission.PROFILE_MANAGE),
    Rule("GET", "/v1/operators", "gateway", Permission.ACCOUNT_MANAGE),
    Rule("GET", "/v1/operators/{operator}", "gateway", Permission.ACCOUNT_MANAGE),
    Rule("GET", "/v1/operators/{operator}/history", "gateway", Permission.ACCOUNT_MANAGE),
    Rule("POST", "/v1/operators/{operator}/close", "gateway", Permission.ACCOUNT_MANAGE),
    Rule("POST", "/v1/operators/{operator}/reopen", "gateway", Permission.ACCOUNT_MANAGE),
    Rule("PUT", "/v1/operators/{operator}/roles", "gateway", Permission.ACCOUNT_MANAGE),
    Rule("POST", "/v1/operators/{operator}/initial-password", "gateway", Permission.ACCOUNT_MANAGE),
    Rule("POST", "/v1/operators/{operator}/recoveries", "gateway", Permission.ACCOUNT_MANAGE),
    Rule("GET", "/v1/operators/{operator}/deputies", "gateway", Permission.PROFILE_MANAGE),
    Rule("POST", "/v1/operators/{operator}/deputies", "gateway", Permission.PROFILE_MANAGE),
    Rule("POST", "/v1/deputies/{deputy}/end", "gateway", Permission.PROFILE_MANAGE),
    Rule("GET", "/v1/filings/overdue", "gateway", Permission.FILING_OVERSEE),
    Rule("GET", "/v1/departments/{department}/filing", "gateway", Permission.FILING_READ),
    Rule("PUT", "/v1/departments/{department}/filing", "gateway", Permission.FILING_MANAGE),
    Rule("GET", "/v1/departments/{department}/filing/history", "gateway", Permission.FILING_READ),
    Rule("GET", "/v1/recoveries", "gateway", Permission.RECOVERY_APPROVE),
    Rule("POST", "/v1/recoveries/{recovery}/approve", "gateway", Permission.RECOVERY_APPROVE),
    Rule("POST", "/v1/recoveries/{recovery}/refuse", "gateway", Permission.RECOVERY_APPROVE),
    # Catalogue
    Rule("GET", "/v1/resources", "catalog", Permission.RESOURCE_READ),
    Rule("GET", "/v1/resources/facets", "catalog", Permission.RESOURCE_READ),
    Rule("GET", "/v1/resources/suggestions", "catalog", Permission.RESOURCE_READ),
    Rule("POST", "/v1/resources", "catalog", Permission.RESOURCE_COMPILE),
    Rule("GET", "/v1/resources/{resource}", "catalog", Permission.RESOURCE_READ),
    Rule("PUT", "/v1/resources/{resource}", "catalog", Permission.RESOURCE_COMPILE),
    Rule("POST", "/v1/resources/{resource}/submit", "catalog", Permission.RESOURCE_COMPILE),
    Rule("POST", "/v1/resources/{resource}/review", "catalog", Permission.RESOURCE_REVIEW),
    Rule(
        "POST",
        "/v1/resources/{resource}/secrecy-review",
        "catalog",
        Permission.RESOURCE_SECRECY_REVIEW,
    ),
    Rule("POST", "/v1/resources/{resource}/publish", "catalog", Permission.RESOURCE_PUBLISH),
    Rule("POST", "/v1/resources/{resource}/withdraw", "catalog", Permission.RESOURCE_WITHDRAW),
    Rule("GET", "/v1/resources/{resource}/versions", "catalog", Permission.RESOURCE_READ),
    Rule("GET", "/v1/resources/{resource}/versions/{version}", "catalog", Permission.RESOURCE_READ),
    Rule(
        "GET",
        "/v1/resources/{resource}/versions/{version}/compare/{other}",
        "catalog",
        Permission.RESOURCE_READ,
    ),
    Rule("GET", "/v1/data-elements", "catalog", Permission.RESOURCE_READ),
    Rule("GET", "/v1/data-elements/{element}", "catalog", Permission.RESOURCE_READ),
    Rule("PUT", "/v1/data-elements/{element}", "catalog", Permission.RESOURCE_PUBLISH),
    Rule("GET", "/v1/must-share/unshared", "catalog", Permission.RESOURCE_READ),
    Rule("GET", "/v1/catalogue-updates", "catalog", Permission.RESOURCE_READ),
    Rule("POST", "/v1/catalogue-updates", "catalog", Permission.RESOURCE_COMPILE),
    Rule("GET", "/v1/catalogue-updates/{update}", "catalog", Permission.RESOURCE_READ),
    Rule("POST", "/v1/catalogue-updates/{update}/settle", "catalog", Permission.RESOURCE_COMPILE),
    Rule("GET", "/v1/catalogue-maintenance", "catalog", Permission.RESOURCE_READ),
    Rule(
        "POST",
        "/v1/catalogue-maintenance/{quarter}/confirm",
        "catalog",
        Permission.RESOURCE_REVIEW,
    ),
    Rule("GET", "/v1/catalogue-upkeep", "catalog", Permission.RESOURCE_READ),
    Rule("GET", "/v1/catalogues/{catalogue}", "catalog", Permission.RESOURCE_READ),
    Rule("GET", "/v1/catalogues/{catalogue}/entries", "catalog", Permission.RESOURCE_READ),
    Rule("GET", "/v1/catalogues/{catalogue}/changes", "catalog", Permission.RESOURCE_READ),
    Rule("GET", "/v1/year-plans", "catalog", Permission.RESOURCE_READ),
    Rule("POST", "/v1/year-plans", "catalog", Permission.RESOURCE_PUBLISH),
    Rule("GET", "/v1/year-plans/{plan}", "catalog", Permission.RESOURCE_READ),
    Rule("PUT", "/v1/year-plans/{plan}", "catalog", Permission.RESOURCE_PUBLISH),
    Rule("POST", "/v1/year-plans/{plan}/adopt", "catalog", Permission.RESOURCE_PUBLISH),
    Rule("GET", "/v1/year-plans/{plan}/progress", "catalog", Permission.RESOURCE_READ),
    Rule("GET", "/v1/catalogue-changes", "catalog", Permission.RESOURCE_READ),
    Rule("GET", "/v1/catalogue-changes/{change}", "catalog", Permission.RESOURCE_READ),
    Rule("POST", "/v1/catalogue-changes/{change}/cancel", "catalog", Permission.RESOURCE_WITHDRAW),
    # What departments need of others' data
    Rule("GET", "/v1/needs", "catalog", Permission.REQUEST_READ),
    Rule("POST", "/v1/needs", "catalog", Permission.REQUEST_SUBMIT),
    Rule("GET", "/v1/needs/{need}", "catalog", Permission.REQUEST_READ),
    Rule("PUT", "/v1/needs/{need}", "catalog", Permission.REQUEST_SUBMIT),
    Rule("GET", "/v1/needs/{need}/history", "catalog", Permission.REQUEST_READ),
    Rule("GET", "/v1/needs/{need}/proposals", "catalog", Permission.REQUEST_READ),
    Rule("POST", "/v1/needs/{need}/choose", "catalog", Permission.REQUEST_SUBMIT),
    Rule("POST", "/v1/needs/{need}/report-unmet", "catalog", Permission.REQUEST_SUBMIT),
    Rule("POST", "/v1/needs/{need}/rule", "catalog", Permission.NEED_RULE),
    Rule("POST", "/v1/needs/{need}/withdraw", "catalog", Permission.REQUEST_SUBMIT),
    # The ways into the catalogue beside the online one
    Rule("GET", "/v1/catalogue/workbook", "catalog", Permission.RESOURCE_READ),
    Rule("GET", "/v1/catalogue/workbook/entries", "catalog", Permission.RESOURCE_COMPILE),
    Rule(
        "POST",
        "/v1/catalogue/workbook",
        "catalog",
        Permission.RESOURCE_COMPILE,
        body_limit=32 * SMALL_BODY,
    ),
    Rule(
        "PUT",
        "/v1/catalogue/entries",
        "catalog",
        Permission.RESOURCE_COMPILE,
        body_limit=64 * SMALL_BODY,
    ),
    Rule("GET", "/v1/imports", "catalog", Permission.RESOURCE_COMPILE),
    Rule("GET", "/v1/imports/{import}", "catalog", Permission.RESOURCE_COMPILE),
    Rule("GET", "/v1/imports/{import}/problems", "catalog", Permission.RESOURCE_COMPILE),
    Rule("GET", "/v1/imports/{import}/entries", "catalog", Permission.RESOURCE_COMPILE),
    Rule("GET", "/v1/imports/{import}/workbook", "catalog", Permission.RESOURCE_COMPILE),
    Rule("GET", "/v1/mappings", "catalog", Permission.RESOURCE_READ),
    Rule("POST", "/v1/mappings/preview", "catalog", Permission.RESOURCE_READ),
    Rule("GET", "/v1/mappings/{mapping}", "catalog", Permission.RESOURCE_READ),
    Rule("GET", "/v1/mappings/{mapping}/versions", "catalog", Permission.RESOURCE_READ),
    Rule("PUT", "/v1/mappings/{mapping}", "catalog", Permission.MAPPING_MANAGE),
    Rule("GET", "/v1/catalogue/former-codes", "catalog", Permission.RESOURCE_READ),
    Rule("PUT", "/v1/catalogue/former-codes", "catalog", Permission.RESOURCE_PUBLISH),
    Rule("GET", "/v1/harvest-sources", "catalog", Permission.RESOURCE_COMPILE),
    Rule("POST", "/v1/harvest-sources", "catalog", Permission.RESOURCE_COMPILE),
    Rule("GET", "/v1/harvest-sources/{source}", "catalog", Permission.RESOURCE_COMPILE),
    Rule("POST", "/v1/harvest-sources/{source}/run", "catalog", Permission.RESOURCE_COMPILE),
    Rule("POST", "/v1/harvest-sources/{source}/end", "catalog", Permission.RESOURCE_COMPILE),
    Rule("GET", "/v1/harvest-sources/{source}/runs", "catalog", Permission.RESOURCE_COMPILE),
    Rule("GET", "/v1/harvest-sources/{source}/gone", "catalog", Permission.RESOURCE_COMPILE),
    # Share requests and grants
    Rule("GET", "/v1/requests", "requests", Permission.REQUEST_READ),
    Rule("POST", "/v1/requests", "requests", Permission.REQUEST_SUBMIT),
    Rule("GET", "/v1/requests/{request}", "requests", Permission.REQUEST_READ),
    Rule("POST", "/v1/requests/{request}/approve", "requests", Permission.REQUEST_DECIDE),
    Rule("POST", "/v1/requests/{request}/refuse", "requests", Permission.REQUEST_DECIDE),
    Rule("POST", "/v1/requests/{request}/withdraw", "requests", Permission.REQUEST_SUBMIT),
    Rule("GET", "/v1/grants", "requests", Permission.GRANT_READ),
    Rule("GET", "/v1/grants/{grant}", "requests", Permission.GRANT_READ),
    Rule("GET", "/v1/grants/{grant}/usage", "gateway", Permission.GRANT_READ),
    Rule("PUT", "/v1/grants/{grant}/circle", "requests", Permission.GRANT_NARROW),
    Rule("POST", "/v1/grants/{grant}/revoke", "requests", Permission.GRANT_REVOKE),
    Rule("GET", "/v1/suspensions", "requests", Permission.REQUEST_READ),
    Rule("POST", "/v1/suspensions", "requests", Permission.SUSPENSION_MANAGE),
    Rule("GET", "/v1/suspensions/{suspension}", "requests", Permission.REQUEST_READ),
    Rule("POST", "/v1/suspensions/{suspension}/lift", "requests", Permission.SUSPENSION_MANAGE),
    # Exchange, the provider's side
    Rule("GET", "/v1/resources/{resource}/batches", "exchange", Permission.BATCH_READ),
    Rule(
        "POST",
        "/v1/resources/{resource}/batches",
        "exchange",
        Permission.BATCH_SUBMIT,
        body_limit=ANY_BODY,
    ),
    Rule("GET", "/v1/batches/{batch}", "exchange", Permission.BATCH_READ),
    Rule("GET", "/v1/batches/{batch}/rejects", "exchange", Permission.BATCH_READ),
    Rule("GET", "/v1/resources/{resource}/rules", "exchange", Permission.BATCH_READ),
    Rule("PUT", "/v1/resources/{resource}/rules", "exchange", Permission.RULE_MANAGE),
    # Exchange, the consumer's side: under a live grant only
    Rule("GET", "/v1/grants/{grant}/changes", "exchange", Permission.DATA_READ, data=True),
    Rule("GET", "/v1/grants/{grant}/snapshot", "exchange", Permission.DATA_READ, data=True),
    Rule("POST", "/v1/grants/{grant}/lookup", "exchange", Permission.DATA_LOOKUP, data=True),
    # The log
    Rule("GET", "/v1/log/entries", "audit", Permission.LOG_READ),
    Rule("GET", "/v1/log/entries/{index}", "audit", Permission.LOG_READ),
    Rule("GET", "/v1/log/entries/{index}/receipt", "audit", Permission.LOG_PROVE),
    Rule("GET", "/v1/log/checkpoint", "audit", Permission.LOG_PROVE),
    Rule("GET", "/v1/log/consistency", "audit", Permission.LOG_PROVE),
    Rule("GET", "/v1/log/key", "audit", Permission.LOG_PROVE),
    Rule("GET", "/v1/log/sources", "audit", Permission.LOG_READ),
)
