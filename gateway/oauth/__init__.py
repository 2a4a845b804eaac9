"""OAuth 2: how a machine and a person come by a token."""
