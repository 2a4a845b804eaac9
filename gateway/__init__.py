"""The only door: who calls, whether they may, a record of it, and onward.

Owns: departments, clients, operators, keys; a live copy of grants.
Publishes: gateway.department-registered, gateway.client-registered, gateway.client-revoked,
gateway.operator-registered (shared/events/gateway.py) and access records (gateway/records.py).
Consumes: requests.grant-issued, requests.grant-revoked, catalog.resource-published, the lease.
"""
