"""Interfaces of providers: registered, called, and served by front-end machines."""
