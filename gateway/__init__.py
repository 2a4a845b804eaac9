"""The only door: who calls, whether they may, a record of it, and onward.

Owns: departments and their filings, clients and their limits, operators and their deputies, keys;
a live copy of grants and suspensions, and what was used under grants.
Publishes: gateway.department-registered, -changed and -succeeded, gateway.client-registered,
gateway.client-revoked, gateway.operator-registered and more (shared/events/gateway.py), and
access records (gateway/records.py).
Consumes: requests.grant-issued, -.grant-circle-changed, -.grant-revoked, -.department-suspended,
-.suspension-lifted and the lease; of catalog, requests and exchange what was handed over.
"""
