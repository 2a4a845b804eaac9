"""The file of trusted issuers: what it must say, and the sentence where it does not."""

from pathlib import Path

import pytest

from gateway.issuers import trusted
from gateway.issuers.directory import Directory
from gateway.issuers.trusted import Accounts, IssuersUnfit, origin
from gateway.roles import Role

GOOD = """
[[issuer]]
name = "province"
title = "省统一身份认证"
issuer = "https://id.example.gov.cn/realms/province"
client_id = "huitong"
accounts = "made"
[issuer.department]
claim = "org.code"
by = "map"
map = { "3202-mz" = "11320200014011518R" }
[issuer.roles]
claim = "roles"
map = { compile = "compiler" }
"""


def kept(folder: Path, text: str) -> Path:
    file = folder / "issuers.toml"
    file.write_text(text)
    return file


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    (one,) = trusted.read(kept(tmp_path, GOOD))
    assert one.accounts is Accounts.MADE
    assert one.roles is not None
    assert one.roles.map == {"compile": Role.COMPILER}
    assert one.origins == {"https://id.example.gov.cn:443"}
    assert trusted.read(None) == ()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"https://id', '"http://id', "https"),
        ('"https://id', '"https://user@id', "https"),
        ('province"\nclient', 'province?a=b"\nclient', "query"),
        ('accounts = "made"', 'accounts = "linked"', "linked"),
        ('accounts = "made"', "", "accounts"),
        ('by = "map"', 'by = "credit-code"', "map"),
        ('"compiler"', '"emperor"', "roles"),
        ('client_id = "huitong"', 'client_id = "huitong"\nclient_secret = "x"', "client_secret"),
        ('client_id = "huitong"', 'client_id = "huitong"\nalgorithms = ["none"]', "algorithms"),
        ('client_id = "huitong"', 'client_id = "huitong"\nalgorithms = ["HS256"]', "algorithms"),
        ('client_id = "huitong"', 'client_id = "a"\nexchange_audience = "a"', "exchange_audience"),
        ('client_id = "huitong"', 'client_id = "huitong"\nhosts = ["http://x.example"]', "hosts"),
        ('name = "province"', 'name = "../province"', "name"),
        ("[[issuer]]", "[[issuer]", "issuers.toml"),
    ],
)
def test_a_file_that_cannot_be_meant_stops_the_gateway_with_a_sentence(
    tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    assert old in GOOD
    with pytest.raises(IssuersUnfit, match=sentence):
        trusted.read(kept(tmp_path, GOOD.replace(old, new, 1)))


def test_two_issuers_of_one_name_or_address_are_refused(tmp_path: Path) -> None:
    with pytest.raises(IssuersUnfit, match="same name"):
        trusted.read(kept(tmp_path, GOOD + GOOD))
    with pytest.raises(IssuersUnfit, match="same issuer"):
        trusted.read(kept(tmp_path, GOOD + GOOD.replace('"province"', '"city"', 1)))
    with pytest.raises(IssuersUnfit, match="nowhere"):
        trusted.read(tmp_path / "nowhere.toml")


def test_a_secret_that_everybody_can_read_is_not_used(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    text = GOOD.replace("accounts", f'client_secret_file = "{secret}"\naccounts', 1)
    (one,) = trusted.read(kept(tmp_path, text))
    with pytest.raises(IssuersUnfit, match="cannot be read"):
        Directory(one)
    secret.touch(0o600)
    with pytest.raises(IssuersUnfit, match="no secret"):
        one.client_secret()
    secret.write_text("s3cret\n")
    assert one.client_secret() == "s3cret"
    secret.chmod(0o644)
    with pytest.raises(IssuersUnfit, match="chmod 600"):
        one.client_secret()
    (one,) = trusted.read(kept(tmp_path, GOOD.replace("accounts", 'ca_file = "/no"\naccounts', 1)))
    with pytest.raises(IssuersUnfit, match="cannot be used"):
        Directory(one)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("https://id.example/a?b", "https://id.example:443"),
        ("https://id.example:8443", "https://id.example:8443"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9"),
        ("http://localhost", "http://localhost:80"),
    ],
)
def test_an_endpoint_is_known_by_scheme_host_and_port(address: str, found: str) -> None:
    assert origin(address) == found


@pytest.mark.parametrize(
    "address",
    ["", "id.example", "ftp://id.example", "http://id.example", "https://", "https://a@b", "x:y#z"],
)
def test_what_is_not_encrypted_or_no_address_is_no_endpoint(address: str) -> None:
    with pytest.raises(ValueError, match="https"):
        origin(address)
