"""The gateway's tables, and the only methods that change them."""

from gateway.models.accounts import AccountChange, Change, Credential, Deputy, Recovery
from gateway.models.base import Base, Counter, Idempotency, Inbox, Outbox, Parked
from gateway.models.clients import (
    Client,
    ClientAddresses,
    ClientCertificates,
    ClientKeys,
    ClientPermissions,
    ClientSecret,
    UsedAssertion,
)
from gateway.models.copies import GrantCopy, SuspensionCopy
from gateway.models.departments import Department, DepartmentChange, Particulars
from gateway.models.example import ExampleLoaded
from gateway.models.filings import FiledPerson, Filing
from gateway.models.former_addresses import FormerAddress
from gateway.models.limits import ClientLimits, GrantUsage
from gateway.models.loans import ReviewerLoan
from gateway.models.log_ins import AuthorizationCode, LogIn, RefreshToken, RevokedToken
from gateway.models.outside import OutsideIdentity, OutsideLogIn
from gateway.models.people import (
    NextSecondFactor,
    Operator,
    OperatorCertificate,
    RecoveryCode,
    SecondFactor,
)
from gateway.models.successions import RequestCopy, ResourceCopy, Succession, SuccessionStep

__all__ = [
    "AccountChange",
    "AuthorizationCode",
    "Base",
    "Change",
    "Client",
    "ClientAddresses",
    "ClientCertificates",
    "ClientKeys",
    "ClientLimits",
    "ClientPermissions",
    "ClientSecret",
    "Counter",
    "Credential",
    "Department",
    "DepartmentChange",
    "Deputy",
    "ExampleLoaded",
    "FiledPerson",
    "Filing",
    "FormerAddress",
    "GrantCopy",
    "GrantUsage",
    "Idempotency",
    "Inbox",
    "LogIn",
    "NextSecondFactor",
    "Operator",
    "OperatorCertificate",
    "Outbox",
    "OutsideIdentity",
    "OutsideLogIn",
    "Parked",
    "Particulars",
    "Recovery",
    "RecoveryCode",
    "RefreshToken",
    "RequestCopy",
    "ResourceCopy",
    "ReviewerLoan",
    "RevokedToken",
    "SecondFactor",
    "Succession",
    "SuccessionStep",
    "SuspensionCopy",
    "UsedAssertion",
]
