"""The settings that the backend and the llm share."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.hosts import HOSTS_PATTERN


class ServiceSettings(BaseSettings):
    """Settings from the environment, which overrides `.env`."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=False, extra="ignore", frozen=True
    )

    bind_address: str = Field(
        default="127.0.0.1",
        description="Address to listen on; 0.0.0.0 accepts connections from other machines.",
    )
    allowed_hosts: str = Field(
        default="",
        pattern=HOSTS_PATTERN,
        description="Further host names under which clients reach the services, comma-separated; "
        "*.example.com: all subdomains; *: any.",
    )
    data_dir: Path = Field(
        default=Path("data"),
        description="Folder of models, recordings and the default database.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO",
        description="Lowest level of logged events: DEBUG, INFO, WARNING or ERROR.",
    )
    otel_exporter_otlp_endpoint: str = Field(
        default="",
        pattern=r"^($|https?://)",
        description="URL of an OpenTelemetry receiver of traces by OTLP over HTTP, such as "
        "http://127.0.0.1:4318; empty: no traces.",
    )

    @property
    def origins(self) -> tuple[str, ...]:
        """Return the origins of other pages that may call the service."""
        return ()
