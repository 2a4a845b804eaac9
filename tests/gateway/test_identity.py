"""Departments, machines and people: registered, logged in, revoked, over a real port."""

import asyncio
import base64

import pytest

from gateway.oauth.routes import DOCS_APPLICATION
from shared.principal import Permission
from tests.gateway.conftest import Gateway
from tests.gateway.logging_in import log_in, log_in_to_platform


async def test_a_revoked_client_is_refused_at_once_though_its_token_is_valid(
    gateway: Gateway,
) -> None:
    headers = await gateway.bearer("tax")
    assert (await gateway.http.get("/v1/me", headers=headers)).status_code == 200
    administrator = await log_in(gateway, "tax.administrator")
    identity, _ = gateway.client("tax")
    stranger = await log_in(gateway, "education.administrator")
    no = await gateway.http.post(f"/v1/clients/{identity}/revoke", headers=stranger)
    assert no.status_code == 404
    gone = await gateway.http.post(f"/v1/clients/{identity}/revoke", headers=administrator)
    assert gone.status_code == 200
    assert gone.json()["revoked_at"] is not None
    await asyncio.sleep(0.3)
    answer = await gateway.http.get("/v1/me", headers=headers)
    assert answer.status_code == 401
    again = await gateway.http.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=gateway.client("tax"),
    )
    assert again.status_code == 401
    assert again.json()["error"] == "invalid_client"


@pytest.mark.duty("D28", "baoji-2017 §10", "baoji-2017 §28")
async def test_an_operator_logs_in_and_sees_its_roles_permissions(gateway: Gateway) -> None:
    headers = await log_in(gateway, "civil-affairs.compiler")
    me = (await gateway.http.get("/v1/me", headers=headers)).json()
    assert me["department"]["name"] == "无锡市民政局"
    assert Permission.RESOURCE_COMPILE in me["permissions"]
    assert Permission.RESOURCE_REVIEW not in me["permissions"]
    with pytest.raises(PermissionError):
        await log_in(gateway, "civil-affairs.compiler", password="wrong password here")


async def test_guessing_a_password_is_slowed_for_that_name_from_that_address(
    gateway: Gateway,
) -> None:
    for _ in range(5):
        with pytest.raises(PermissionError, match="401"):
            await log_in(gateway, "tax.administrator", password="wrong password here")
    with pytest.raises(PermissionError, match="429"):
        await log_in(gateway, "tax.administrator")
    assert await log_in(gateway, "education.administrator")


async def test_a_redirect_address_that_is_not_registered_is_never_used(gateway: Gateway) -> None:
    answer = await gateway.http.get(
        "/oauth/authorize",
        params={
            "client_id": DOCS_APPLICATION,
            "redirect_uri": "http://elsewhere.example/",
            "response_type": "code",
            "code_challenge": "A" * 43,
            "code_challenge_method": "S256",
        },
    )
    assert answer.status_code == 400
    assert answer.json()["code"] == "redirect-unknown"


@pytest.mark.duty("D47", "yixing-2016 §32")
async def test_departments_and_public_institutions_are_registered_by_the_system_administrator(
    gateway: Gateway,
) -> None:
    system = await log_in_to_platform(gateway, "platform.system")
    body = {
        "name": "无锡市自来水总公司",
        "short_name": "water-works",
        "credit_code": "113202000000000065",
        "region": "320000/320200",
    }
    key = {"idempotency-key": "water-works-1"}
    made = await gateway.http.post("/v1/departments", json=body, headers=system | key)
    assert made.status_code == 201, made.text
    again = await gateway.http.post("/v1/departments", json=body, headers=system | key)
    assert again.json() == made.json()
    other = await gateway.http.post(
        "/v1/departments", json=body, headers=system | {"idempotency-key": "water-works-2"}
    )
    assert other.status_code == 409
    assert other.json()["code"] == "credit-code-taken"
    wrong = await gateway.http.post(
        "/v1/departments",
        json=body | {"credit_code": "113202000000000064"},
        headers=system | {"idempotency-key": "water-works-3"},
    )
    assert wrong.status_code == 422
    assert "113202000000000064" not in wrong.text


async def test_one_person_cannot_hold_two_of_the_three_administrators_roles(
    gateway: Gateway,
) -> None:
    security = await log_in_to_platform(gateway, "platform.security")
    body = {
        "username": "both.roles",
        "department": str(gateway.department("data-bureau")),
        "roles": ["system-administrator", "audit-administrator"],
        "password": "a long enough password",
    }
    answer = await gateway.http.post(
        "/v1/operators", json=body, headers=security | {"idempotency-key": "both-roles"}
    )
    assert answer.status_code == 409
    assert answer.json()["code"] == "roles-incompatible"
    assert "a long enough password" not in answer.text


async def test_a_client_secret_travels_as_the_standard_says(gateway: Gateway) -> None:
    identity, secret = gateway.client("tax")
    basic = base64.b64encode(f"{identity}:{secret}".encode()).decode()
    answer = await gateway.http.post(
        "/oauth/token",
        content=b"grant_type=client_credentials",
        headers={
            "authorization": f"Basic {basic}",
            "content-type": "application/x-www-form-urlencoded",
        },
    )
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    wrong = await gateway.http.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=(identity, "wrong")
    )
    assert wrong.status_code == 401
    assert secret not in wrong.text


async def test_two_registrations_of_one_name_at_the_same_moment_make_one(gateway: Gateway) -> None:
    security = await log_in_to_platform(gateway, "platform.security")
    body = {
        "username": "raced.for",
        "department": str(gateway.department("tax")),
        "roles": ["compiler"],
        "password": "a long enough password",
    }
    answers = await asyncio.gather(
        *[
            gateway.http.post(
                "/v1/operators", json=body, headers=security | {"idempotency-key": f"race-no-{n}"}
            )
            for n in range(5)
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    codes = {answer.json().get("code") for answer in answers}
    assert codes == {None, "username-taken"}
