"""The catalogue: what data each department holds, described so that others can ask for it.

Owns: resources, every version of them with its items, the steps of their life, codes, and the
    search index.
Publishes: catalog.resource-drafted, -submitted, -returned, -reviewed, -published, -withdrawn
    (see shared/events/catalog.py).
Consumes: gateway.department-registered, to know providers by name, credit code and region.
Never: holds the data that an entry describes, or decides who may use it.
"""
