"""The append-only log of the platform, and its proofs.

Owns: entries, the Merkle tree over them, signed checkpoints; per source, what has arrived and what
is missing. Its runtime role may insert into the log and read it, never change or delete.
Publishes: nothing; that something was appended is no event.
Consumes: every event of every service, and every access record of the gateway.

Words: an *entry* is one event or one half of an access; its *index* is its place, from 0; a
*checkpoint* is the signed head of the tree; a *receipt* proves one entry, offline.
"""
