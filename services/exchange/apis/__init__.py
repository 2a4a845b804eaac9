"""Interfaces of providers (系统接口): registered, called under a grant, guarded on the way.

A provider registers the operations of its system for a resource; whoever has a grant calls them
at one address of the platform, which calls the provider with the provider's credential and knows
when it is away. Where a firewall lets nothing in, the department's front-end machine takes the
calls over the connection that it opened itself.
"""
