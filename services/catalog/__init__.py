"""The catalogue: what data each department holds, described so that others can ask for it.

Owns: resources, every version of them with its items, the steps of their life, codes, and the
    search index.
Publishes: catalog.resource-drafted, -submitted, -returned, -reviewed, -published, -withdrawn,
    -handed-over, catalog.succession-applied (see shared/events/catalog.py).
Consumes: gateway.department-registered and -changed, to know providers by name, credit code and
    region; gateway.department-succeeded, to give resources to whoever follows.
Never: holds the data that an entry describes, or decides who may use it.
"""
