"""How the platform is set up and run; nothing here is imported by a service."""
