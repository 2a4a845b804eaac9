"""Share requests and grants: who asked for which resource, who decided, who may use it.

Owns: share requests, grants and suspensions (the authority on them), old platforms' grants that
    are taken over, what it heard of resources and departments.
Publishes: requests.submitted, -.approved, -.refused, -.withdrawn, -.overdue, -.grant-issued,
    -.grant-circle-changed, -.grant-revoked, -.department-suspended, -.suspension-lifted,
    -.grant-takeover-proposed, -.grant-taken-over, -.grant-takeover-ended,
    -.request-handed-over, -.grant-handed-over, -.succession-applied (see
    shared/events/requests.py), and the lease on which every grant stands.
Consumes: catalog.resource-published, -withdrawn and -handed-over, catalog.change-announced and
    -cancelled; gateway.department-registered, -changed and -succeeded, gateway.operator-closed.
"""
