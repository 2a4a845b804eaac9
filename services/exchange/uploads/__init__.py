"""Resumable uploads (tus 1.0): opened through the gateway, filled at the file door.

The operation that opens one is the gateway's, with its permission and its record. The bytes go
to the file door, under an address that names the upload. When the last byte is durable the
upload becomes a batch like any other, in the same commit.
"""
