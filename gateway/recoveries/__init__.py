"""Lost passwords and second factors: one person asks for the reset, another one lets it happen."""
