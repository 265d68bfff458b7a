"""The settings of the frontend."""

from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.hosts import HOSTS_PATTERN
from contracts.sign_in import HeaderSetting, SecretSetting, SignIn


class FrontendSettings(BaseSettings):
    """Settings from the environment, which overrides `.env`."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=False,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,  # it may be the key
    )

    bind_address: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="Address to listen on; 0.0.0.0 accepts connections from other machines.",
    )
    frontend_port: int = Field(
        default=8010,
        ge=1,
        le=65_535,
        description="TCP port of the page (1 to 65535).",
    )
    allowed_hosts: str = Field(
        default="",
        pattern=HOSTS_PATTERN,
        description="Further host names under which clients reach the services, comma-separated; "
        "*.example.com: all subdomains; *: any.",
    )
    share_links: bool = Field(
        default=False,
        description="Whether transcripts can be shared by links that need no key or password and "
        "expire (true or false).",
    )
    backend_url: str = Field(
        default="http://127.0.0.1:8009",
        pattern=r"^https?://[^/\s]+(/\S*)?$",
        description="URL at which the page calls the backend.",
    )
    backend_api_key: SecretStr = Field(
        default=SecretStr(""),
        description="API key with which the page calls the backend; empty: none.",
    )
    backend_api_key_file: str = Field(
        default="",
        description="File with that API key, such as a Docker secret; empty: none.",
    )
    sign_in_header: HeaderSetting = ""
    sign_in_secret: SecretSetting = SecretStr("")
    max_upload_bytes: int = Field(
        default=4 * 2**30,
        ge=1,
        le=2**50,
        description="Largest accepted file, in bytes (1 to 2^50; default: 4 GiB).",
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
    def backend_headers(self) -> dict[str, str]:
        """Return the headers of every call to the backend; they hold the key.

        Where visitors sign in, each call is made for one of them, and the key for nobody.
        """
        key = "" if self.sign_in else self._key
        return {"Authorization": f"Bearer {key}"} if key else {}

    @cached_property
    def sign_in(self) -> SignIn:
        """Return how a proxy tells who has signed in.

        Raises: ValueError: a setting of it is missing, or could be guessed.
        """
        return SignIn.parse(self.sign_in_header, self.sign_in_secret.get_secret_value())

    @model_validator(mode="after")
    def _check_key(self) -> Self:
        _ = self._key, self.sign_in
        return self

    @cached_property
    def _key(self) -> str:
        if not self.backend_api_key_file:
            return self.backend_api_key.get_secret_value()
        try:
            key = Path(self.backend_api_key_file).read_text(encoding="ascii").strip()
        except OSError as error:
            raise ValueError(f"BACKEND_API_KEY_FILE cannot be read: {error.strerror}") from error
        except UnicodeDecodeError:  # its message would show a part of the file
            raise ValueError("BACKEND_API_KEY_FILE is not ASCII") from None
        if not key:
            raise ValueError("BACKEND_API_KEY_FILE is empty")
        return key
