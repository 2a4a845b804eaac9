"""What a process is told from outside: environment variables that begin with HUITONG_."""

from datetime import timedelta
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The settings that every process has; a part that needs more subclasses this.

    `database` is `postgresql://role:password@/name?host=/socket/folder` or a TCP address;
    `nats` is `nats://user:password@host:port`; `listen` is `unix:/path` or `host:port`;
    `passport_key` is 32 bytes in hexadecimal, one key per service.
    """

    model_config = SettingsConfigDict(env_prefix="HUITONG_", extra="ignore", frozen=True)

    database: SecretStr
    nats: SecretStr
    listen: str = "127.0.0.1:8000"
    passport_key: SecretStr = SecretStr("")
    rulebook: str = "baoji-2017"
    region: str = "610300"
    timezone: str = "Asia/Shanghai"
    production: bool = False
    crypto_suite: Literal["standard"] = "standard"
    log_level: str = "INFO"
    pool_size: int = 8
    # How stale knowledge of grants may be, in seconds; a revocation is late by no more.
    lease_sensitive_seconds: int = Field(default=30, ge=3, le=300)
    lease_ordinary_seconds: int = Field(default=300, ge=3, le=3000)

    @property
    def lease_bounds(self) -> dict[str, timedelta]:
        """The same by grade (shared/lease.py)."""
        return {
            "sensitive": timedelta(seconds=self.lease_sensitive_seconds),
            "ordinary": timedelta(seconds=self.lease_ordinary_seconds),
        }
