"""The frontend's settings."""

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


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
    backend_api_key: SecretStr = Field(
        SecretStr(""), description="Key that the backend asks for; empty: it asks for none."
    )
    max_upload_bytes: int = Field(
        4 * 2**30, ge=1, le=2**50, description="Bytes of the largest file that is accepted."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least severe lines that are logged."
    )

    @property
    def backend_headers(self) -> dict[str, str]:
        """What the backend is told with every request; secret."""
        key = self.backend_api_key.get_secret_value()
        return {"Authorization": f"Bearer {key}"} if key else {}
