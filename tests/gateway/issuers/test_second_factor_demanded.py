"""Where everybody must have a second factor: whom an outside issuer's word suffices for."""

import pytest

from tests.gateway.conftest import Gateway
from tests.gateway.issuers.conftest import Outsider
from tests.gateway.issuers.issuer import Issuer
from tests.gateway.people import bearing

pytestmark = pytest.mark.duty("D23", "jiangsu-2017 §4(4)", "yixing-2016 §25", "baoji-2017 §4(4)")


@pytest.fixture
def second_factor_required() -> bool:
    return True


async def test_who_had_no_second_factor_there_enrols_here_and_who_had_one_goes_on(
    gateway: Gateway, issuer: Issuer, outsider: Outsider
) -> None:
    page = await outsider.enter_outside()
    assert page.status_code == 200
    assert 'name="code"' in page.text
    assert "otpauth:" in page.text
    issuer.claims["amr"] = ["hwk"]
    tokens = await outsider.tokens_outside()
    me = await gateway.http.get("/v1/me", headers=bearing(tokens))
    assert me.json()["acr"] == "issuer+second-factor"
    again = await outsider.refresh(tokens["refresh_token"])
    assert again.status_code == 200
