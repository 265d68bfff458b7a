"""The settings that the backend and the llm share."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Settings from the environment, which overrides `.env`."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=False, extra="ignore", frozen=True
    )

    bind_address: str = Field(
        default="127.0.0.1",
        description="Address to listen on; 0.0.0.0 accepts connections from other machines.",
    )
    data_dir: Path = Field(
        default=Path("data"),
        description="Folder of models, recordings and the default database.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO",
        description="Lowest level of logged events: DEBUG, INFO, WARNING or ERROR.",
    )
