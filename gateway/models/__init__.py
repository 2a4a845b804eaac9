"""The gateway's tables, and the only methods that change them."""

from gateway.models.base import Base, Counter, Idempotency, Inbox, Outbox, Parked
from gateway.models.clients import Client, ClientAddresses, ClientKeys, ClientSecret, UsedAssertion
from gateway.models.copies import GrantCopy, SuspensionCopy
from gateway.models.departments import Department, DepartmentChange, Particulars
from gateway.models.limits import ClientLimits, GrantUsage
from gateway.models.log_ins import AuthorizationCode, LogIn, RefreshToken, RevokedToken
from gateway.models.people import Operator, RecoveryCode, SecondFactor

__all__ = [
    "AuthorizationCode",
    "Base",
    "Client",
    "ClientAddresses",
    "ClientKeys",
    "ClientLimits",
    "ClientSecret",
    "Counter",
    "Department",
    "DepartmentChange",
    "GrantCopy",
    "GrantUsage",
    "Idempotency",
    "Inbox",
    "LogIn",
    "Operator",
    "Outbox",
    "Parked",
    "Particulars",
    "RecoveryCode",
    "RefreshToken",
    "RevokedToken",
    "SecondFactor",
    "SuspensionCopy",
    "UsedAssertion",
]
