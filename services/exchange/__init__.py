"""The exchange service: batches in, typed, checked and versioned; changes, files and lookups out.

Owns: batches and their sealed parts, reject reports, the rules' severities, lookup tables, views
and the addresses of files. Never decides who may see: it follows the grants of requests.
Publishes: exchange.batch-received, batch-published, batch-refused, upload-opened, upload-ended,
file-served, rules-changed (see shared/events/exchange.py).
Consumes: catalog.resource-published and -withdrawn, data-element-registered;
requests.grant-issued, grant-circle-changed,
grant-revoked, department-suspended and suspension-lifted; gateway.department-registered
and -changed, and what ends the right of who opened an upload; the resources and grants that were
handed over. `freshness` says whether data comes as
promised; `apis` calls providers' systems; of what does not go over the platform (`off_platform`,
`older`) the filings are kept, and gateway.department-succeeded is consumed.
"""
