"""Trust in others' identities: OpenID Connect issuers whose people and machines are let in.

A log-in there becomes a log-in here: what the issuer proves is checked, mapped to an account of
ours, and answered with our own code and tokens, so that ending, rotation and roles stay ours.
"""
