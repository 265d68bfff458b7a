"""What is configured alike in the backend and the llm."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Variables of the environment; they win over `.env`."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=False, extra="ignore", frozen=True
    )

    bind_address: str = Field(
        "127.0.0.1", description="Address to listen on; others can reach 0.0.0.0."
    )
    data_dir: Path = Field(Path("data"), description="Folder of models and of work in progress.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least severe lines that are logged."
    )
