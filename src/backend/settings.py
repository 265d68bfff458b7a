"""What can be configured in the backend."""

import re
from ipaddress import ip_address
from typing import Self

from pydantic import AnyHttpUrl, Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from servicekit.settings import ServiceSettings

_is_key = re.compile(r"[\x21-\x2b\x2d-\x7e]{1,256}").fullmatch


class BackendSettings(ServiceSettings):
    """Variables of the environment; they win over `.env`."""

    model_config = SettingsConfigDict(hide_input_in_errors=True)  # an address may hold a password

    backend_port: int = Field(8009, ge=1, le=65535, description="TCP port of the backend.")

    published_address: str = Field(
        "",
        description="Address under which a container's port is published; empty: BIND_ADDRESS.",
    )
    api_keys: SecretStr = Field(
        SecretStr(""),
        description="Keys that clients need, with commas between; empty: none, and then only "
        "this machine may connect.",
    )

    llm_url: AnyHttpUrl = Field(
        AnyHttpUrl("http://127.0.0.1:4321"), description="Address of the llm service."
    )
    llm_concurrency: int = Field(
        16, ge=1, le=256, description="Chunks that are at the llm at once; it gathers them."
    )
    llm_timeout_s: float = Field(
        300, ge=1, le=3600, description="Seconds to wait for the llm's answer to one chunk."
    )
    llm_retry_s: float = Field(
        600,
        ge=1,
        le=86_400,
        description="Seconds for which a chunk is sent again while the llm is down or full.",
    )

    max_upload_bytes: int = Field(
        4 * 2**30, ge=1, le=2**50, description="Bytes of the largest file that is accepted."
    )
    max_duration_s: float = Field(
        43_200, ge=1, le=31_536_000, description="Seconds of the longest recording accepted."
    )
    upload_ttl_s: int = Field(
        86_400, ge=60, le=31_536_000, description="Seconds an unfinished upload is kept."
    )
    min_free_disk_bytes: int = Field(
        512 * 2**20, ge=0, le=2**50, description="Bytes of the disk that stay free."
    )

    max_running_jobs: int = Field(
        1,
        ge=1,
        le=64,
        description="Recordings worked on at once by each process: so many long ones, as many "
        "of up to ten minutes, and beside them up to `LLM_CONCURRENCY` of half a minute.",
    )
    max_queued_jobs: int = Field(
        100, ge=1, le=100_000, description="Recordings that may wait; one more is refused."
    )

    database_url: str = Field(
        "",
        pattern=r"^($|sqlite:///|postgresql://)",
        description="Database: sqlite:///… or postgresql://…; empty: SQLite in DATA_DIR.",
    )
    redis_url: str = Field(
        "",
        pattern=r"^($|rediss?://)",
        description="Redis that keeps finished transcripts at hand; empty: this process does.",
    )
    retention_days: int = Field(
        0, ge=0, le=36_500, description="Days a finished job is kept; 0: until it is deleted."
    )
    audio_retention_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="Days the recording of a finished job is kept; 0: as long as its text.",
    )

    @model_validator(mode="after")
    def _keys_can_be_sent(self) -> Self:
        text = self.api_keys.get_secret_value()
        if text.strip() and not self.keys:
            raise ValueError("API_KEYS holds no key")
        if not all(map(_is_key, self.keys)):
            raise ValueError("a key of API_KEYS has more than 256 characters, or some not ASCII")
        return self

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that clients need; none: they need none."""
        parts = self.api_keys.get_secret_value().split(",")
        return tuple(key for part in parts if (key := part.strip()))

    @property
    def is_open_to_others(self) -> bool:
        """Whether other machines may connect without a key."""
        return not self.keys and not _is_loopback(self.published_address or self.bind_address)

    @property
    def database(self) -> str:
        """The database's address, whether it was given or not."""
        return self.database_url or f"sqlite:///{self.data_dir / 'speech_transcription.db'}"


def _is_loopback(address: str) -> bool:
    try:
        return address == "localhost" or ip_address(address).is_loopback
    except ValueError:
        return False
