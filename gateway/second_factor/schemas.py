"""The wire shapes of the second factor."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class Enrolment(BaseModel):
    """What to take into an authenticator; shown this once."""

    uri: str = Field(
        description="An otpauth address: show it as a picture, or type in its secret.",
        examples=["otpauth://totp/Huitong:civil-affairs.compiler?secret=JBSWY3DPEHPK3PXP"],
    )


class CodeBody(BaseModel):
    """The code that the authenticator shows now."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(pattern=r"^\d{6}$", examples=["287082"])


class ProofBody(BaseModel):
    """A code of the present authenticator, or a recovery code."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    code: str = Field(min_length=6, max_length=32, examples=["287082"])


class RecoveryCodes(BaseModel):
    """Codes for the day when the authenticator is lost; each once, shown this once."""

    codes: list[str] = Field(examples=[["k5vq-7m2d-xw4h-n3ty"]])


class SecondFactorView(BaseModel):
    """How it stands with your second factor."""

    enrolled_at: datetime | None
    confirmed_at: datetime | None = Field(description="Asked for at every log-in from then on.")
    recovery_codes_left: int
