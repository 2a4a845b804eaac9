"""Whether everybody must have a second factor. Pure."""

from gateway.settings import GatewaySettings


def demanded(settings: GatewaySettings) -> bool:
    """Whether the installation lets nobody in without one (HUITONG_SECOND_FACTOR_REQUIRED)."""
    return settings.second_factor_required
