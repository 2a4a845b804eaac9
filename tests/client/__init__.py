"""The client: against a real HTTP server on loopback that can also misbehave."""
