"""What can be wrong with a provider's system, each told apart from the platform's own faults."""

from shared.errors import THE_PROVIDERS, ProviderFault, Unavailable
from shared.errors import ProviderLate as ProviderLate


class ProviderAway(Unavailable):
    """The provider's system is away; the platform is not."""

    code = "provider-away"
    title = "Provider away"

    @property
    def headers(self) -> dict[str, str]:
        return super().headers | THE_PROVIDERS


class ProviderUnreachable(ProviderFault):
    """No connection to the provider's system came about: nothing was asked of it."""

    code = "provider-unreachable"
    title = "Provider unreachable"


class ProviderBrokeOff(ProviderFault):
    """The provider's system broke off, or did not speak HTTP."""

    code = "provider-broke-off"
    title = "Provider broke off"


class ProviderFailed(ProviderFault):
    """The provider's system answered that it failed, or not as its interface is registered."""

    code = "provider-failed"
    title = "Provider failed"


class ProviderRefusesPlatform(ProviderFault):
    """The provider's system does not let the platform in with the credential that it was shown."""

    code = "provider-refuses-platform"
    title = "Provider refuses the platform"


class ProviderAnswerUnfit(ProviderFault):
    """The provider's system answered with more, or with something else, than it registered."""

    code = "provider-answer-unfit"
    title = "Provider's answer unfit"


class ProviderBusy(ProviderAway):
    """The provider's system says that it cannot answer now, or is asked too often."""

    code = "provider-busy"
    title = "Provider busy"


class ProviderLeftAlone(ProviderAway):
    """The provider's system failed several times, so it is left alone for a while."""

    code = "provider-left-alone"
    title = "Provider left alone"


class FrontEndMachineAway(ProviderAway):
    """The front-end machine of the provider does not take calls now."""

    code = "front-end-machine-away"
    title = "Front-end machine away"
