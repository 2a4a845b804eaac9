"""The rules of interfaces of providers' systems (系统接口)."""

from gateway.rule import SMALL_BODY, Rule
from shared.principal import Permission

_API = "/v1/resources/{resource}/api"

INTERFACES: tuple[Rule, ...] = (
    # The provider's side
    Rule("GET", _API, "exchange", Permission.API_MANAGE),
    Rule("PUT", _API, "exchange", Permission.API_MANAGE),
    Rule("GET", f"{_API}/definitions", "exchange", Permission.API_MANAGE),
    Rule("PUT", f"{_API}/credential", "exchange", Permission.API_MANAGE),
    Rule("POST", f"{_API}/enable", "exchange", Permission.API_MANAGE),
    Rule("POST", f"{_API}/disable", "exchange", Permission.API_MANAGE),
    Rule("POST", f"{_API}/operations/{{operation}}/test", "exchange", Permission.API_MANAGE),
    Rule("GET", f"{_API}/outages", "exchange", Permission.API_MANAGE),
    # Its front-end machine's
    Rule("POST", "/v1/served-calls", "exchange", Permission.API_SERVE),
    Rule("POST", "/v1/served-calls/{call}/accept", "exchange", Permission.API_SERVE),
    Rule(
        "POST",
        "/v1/served-calls/{call}/answer",
        "exchange",
        Permission.API_SERVE,
        body_limit=64 * SMALL_BODY,
    ),
    Rule("POST", "/v1/served-calls/{call}/fail", "exchange", Permission.API_SERVE),
    # The consumer's, under a live grant only
    Rule("GET", "/v1/grants/{grant}/api", "exchange", Permission.GRANT_READ),
    Rule("GET", "/v1/grants/{grant}/api/outages", "exchange", Permission.GRANT_READ),
    Rule("POST", "/v1/grants/{grant}/api/{operation}", "exchange", Permission.DATA_CALL, data=True),
)
