"""The catalogue: what data each department holds, described so that others can ask for it.

Owns: resources, every version of them with its items, the steps of their life, codes, the changes
    that are announced, standards, what is due of upkeep, yearly plans, needs, the guide to
    services, IT projects, and the search index.
Publishes: catalog.resource-drafted, -submitted, -returned, -reviewed, -cleared, -published,
    -withdrawn, -handed-over, catalog.change-announced, -cancelled, catalog.update-*,
    catalog.maintenance-*, and others (see shared/events/catalog*.py).
Consumes: gateway.department-registered and -changed, to know providers by name, credit code and
    region; gateway.department-succeeded, to give resources to whoever follows.
Never: holds the data that an entry describes, or decides who may use it.
"""
