"""Where this installation may call: allowed hosts, and nothing inside by accident."""

import ipaddress

import pytest

from shared.reach import OutOfReach, Reach, Why

REACH = Reach(
    hosts=frozenset({"api.example.gov.cn", "10.1.2.3:8080"}),
    inner_networks=(ipaddress.IPv4Network("10.1.0.0/16"),),
)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("https://other.example.gov.cn/", Why.HOST),
        ("https://api.example.gov.cn:8443/", Why.HOST),
        ("https://api.example.gov.cn.evil.example/", Why.HOST),
        ("https://somebody@api.example.gov.cn/", Why.SCHEME),
        ("file:///etc/passwd", Why.SCHEME),
        ("gopher://api.example.gov.cn/", Why.SCHEME),
        ("https://[::1/", Why.UNREADABLE),
        ("https://api.example.gov.cn:99999/", Why.UNREADABLE),
        ("https://api.example.gov.cn/\r\nX: y", Why.UNREADABLE),
        ("https://api.example.gov.cn/" + "a" * 500, Why.UNREADABLE),
    ],
)
def test_what_is_not_allowed_is_out_of_reach(address: str, why: Why) -> None:
    with pytest.raises(OutOfReach) as refused:
        REACH.parts(address)
    assert refused.value.why is why


@pytest.mark.parametrize(
    ("ip", "may"),
    [
        ("114.114.114.114", True),
        ("2400:3200::1", True),
        ("10.1.9.9", True),
        ("::ffff:10.1.9.9", True),
        ("::ffff:114.114.114.114", True),
        ("10.2.0.1", False),
        ("127.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - nothing listens here
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::1", False),
        ("fe80::1%eth0", False),
        ("fd00:ec2::254", False),
    ],
)
def test_inner_addresses_are_called_only_in_networks_that_are_allowed(ip: str, may: bool) -> None:
    assert REACH.may_resolve_to("api.example.gov.cn", ip) is may


def test_a_host_that_may_stand_inside_may_stand_anywhere_inside() -> None:
    reach = Reach(hosts={"h"}, inner_hosts={"h"})
    assert reach.may_resolve_to("h", "127.0.0.1")
    assert not reach.may_resolve_to("other", "127.0.0.1")
