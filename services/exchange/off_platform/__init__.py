"""Exchange that for a special reason does not go over the platform: filed, and counted."""
