"""The frontend's settings."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

MEBIBYTE = 1024**2
"""Bytes."""


class FrontendSettings(BaseSettings):
    """Variables of the environment; they win over `.env`."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=False, extra="ignore", frozen=True
    )

    bind_address: str = Field(
        "127.0.0.1", min_length=1, description="Address to listen on; others can reach 0.0.0.0."
    )
    frontend_port: int = Field(8010, ge=1, le=65_535, description="Port of the page.")
    backend_url: str = Field(
        "http://127.0.0.1:8009",
        pattern=r"^https?://[^/\s]+(/\S*)?$",
        description="Where the page finds the backend.",
    )
    max_upload_bytes: int = Field(
        4 * 2**30, ge=1, le=2**50, description="Bytes of the largest file that is accepted."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least severe lines that are logged."
    )

    @property
    def max_upload_mebibytes(self) -> int:
        """The limit in Streamlit's unit, rounded up: the page checks the exact one itself."""
        return -(-self.max_upload_bytes // MEBIBYTE)
