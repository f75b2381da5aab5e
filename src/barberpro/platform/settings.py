"""What an operator may set. Read once in the process's entry point and passed down, never looked up."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting, from `BARBERPRO_*` in the environment."""

    model_config = SettingsConfigDict(env_prefix="BARBERPRO_", frozen=True, extra="ignore")

    data_dir: Path = Path("var/data")
    """Where the embedded database, keys and demo credentials live; made with mode 0700."""
    database_url: SecretStr | None = None
    """`postgresql+asyncpg://…`; without it an SQLite file in the data directory."""
    redis_url: SecretStr | None = None
    """Shared counters for several processes; without it each process keeps its own."""
    master_key: SecretStr | None = None
    """32 bytes in base64 that seal all other keys; without it a file in the data directory, made once."""
    public_url: str = "http://127.0.0.1:8000"
    """The base of every URL we hand out, and the issuer of our tokens. Never taken from a request."""
    demo: bool = False
    """Demo data, and demo credentials that can be printed."""
    pool_size: int = Field(default=10, ge=1, le=200)
    max_body_bytes: int = Field(default=262_144, ge=1_024)
    deadline_seconds: float = Field(default=15.0, gt=0)
    max_concurrency: int = Field(default=200, ge=1)
    """Requests in work at once in one process; more are told to come back."""
    requests_per_address: int = Field(default=120_000, ge=1)
    """Requests a minute from one address, before anyone is identified."""
    token_requests_per_address: int = Field(default=120, ge=1)
    """Calls of the token endpoint a minute from one address."""
    token_seconds: int = Field(default=600, ge=60, le=3_600)
    """How long an access token lives."""
    log_level: str = "INFO"

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite+aiosqlite:///{self.data_dir.absolute() / 'barberpro.db'}"
