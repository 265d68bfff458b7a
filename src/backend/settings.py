"""The settings of the backend."""

import glob
import re
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from pydantic import AnyHttpUrl, Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from contracts.sign_in import HeaderSetting, SecretSetting, SignIn
from servicekit.settings import ServiceSettings

_ORIGIN = r"https?://[A-Za-z0-9._\[\]:-]+"
_is_key = re.compile(r"[\x21-\x2b\x2d-\x7e]{1,256}").fullmatch


class BackendSettings(ServiceSettings):
    """Settings from the environment, which overrides `.env`."""

    model_config = SettingsConfigDict(hide_input_in_errors=True)  # a URL may hold a password

    backend_port: int = Field(
        default=8009,
        ge=1,
        le=65535,
        description="TCP port of the backend (1 to 65535).",
    )

    published_address: str = Field(
        default="",
        description="Address on which others reach the backend through a proxy or a container's "
        "port; empty: BIND_ADDRESS.",
    )
    api_keys: SecretStr = Field(
        default=SecretStr(""),
        description="API keys of the clients, comma-separated, up to 256 ASCII characters each; "
        "empty: no keys, and only this machine may connect.",
    )
    api_key_min_length: int = Field(
        default=16,
        ge=1,
        le=256,
        description="Least number of characters of an API key (1 to 256); shorter keys could be "
        "guessed, and stop the start.",
    )
    api_keys_file: str = Field(
        default="",
        description="File with further API keys, one a line, such as a Docker secret; empty: none.",
    )

    sign_in_header: HeaderSetting = ""
    sign_in_secret: SecretSetting = SecretStr("")
    sign_in_admins: str = Field(
        default="",
        description="Users who sign in by SIGN_IN_HEADER and are admins, comma-separated; all "
        "others have the role user.",
    )

    metrics_api_key: SecretStr = Field(
        default=SecretStr(""),
        description="API key that may read /metrics, which count the work for all keys, and "
        "nothing else; empty: the key in API_KEYS if there is one only, and no key if there are "
        "several.",
    )

    cors_origins: str = Field(
        default="",
        pattern=rf"^ *({_ORIGIN}( *, *{_ORIGIN})*)? *$",
        description="Origins of web pages that may call the backend from a browser, "
        "comma-separated, such as https://example.com; empty: none.",
    )
    share_links: bool = Field(
        default=False,
        description="Whether transcripts can be shared by links that need no key or password and "
        "expire (true or false).",
    )
    openai_model_aliases: bool = Field(
        default=True,
        description="Whether other services' names for Whisper, such as gpt-4o-transcribe, mean "
        "the model for the language in OpenAI's API (true or false).",
    )

    llm_url: AnyHttpUrl = Field(
        default=AnyHttpUrl("http://127.0.0.1:4321"),
        description="URL at which the backend calls the llm.",
    )
    llm_concurrency: int = Field(
        default=0,
        ge=0,
        le=256,
        description="Chunks of one recording that the backend sends to the llm at once (0 to 256); "
        "0: as many as the llm asks for, a batch for each of its replicas and half of another.",
    )
    llm_timeout_s: float = Field(
        default=300,
        ge=1,
        le=3600,
        description="Seconds to wait for the llm's answer to one chunk (1 to 3600).",
    )
    llm_retry_s: float = Field(
        default=600,
        ge=1,
        le=86_400,
        description="Seconds to keep resending a chunk while the llm is unreachable or its queue "
        "is full (1 to 86400).",
    )

    max_upload_bytes: int = Field(
        default=4 * 2**30,
        ge=1,
        le=2**50,
        description="Largest accepted file, in bytes (1 to 2^50; default: 4 GiB).",
    )
    max_duration_s: float = Field(
        default=43_200,
        ge=1,
        le=31_536_000,
        description="Longest accepted recording, in seconds (1 to 31536000; default: 12 hours).",
    )
    upload_ttl_s: int = Field(
        default=86_400,
        ge=60,
        le=31_536_000,
        description="Seconds to keep an unfinished upload after its last byte (60 to 31536000; "
        "default: a day).",
    )
    min_upload_bytes_per_s: int = Field(
        default=1000,
        ge=0,
        le=2**30,
        description="Least speed of a request that sends a recording, in bytes per second over a "
        "minute (0 to 2^30); slower ones are ended with 408, and a resumable upload continues "
        "later.",
    )
    max_concurrent_uploads: int = Field(
        default=200,
        ge=1,
        le=10_000,
        description="Most requests of one API key that send a recording at once (1 to 10000); "
        "further ones are refused with 429.",
    )
    max_unused_uploads: int = Field(
        default=1000,
        ge=1,
        le=100_000,
        description="Most uploads of one API key that no transcription has used yet (1 to "
        "100000); further ones are refused with 429.",
    )
    max_unused_upload_bytes: int = Field(
        default=32 * 2**30,
        ge=1,
        le=2**60,
        description="Most bytes that these uploads may announce, all together (1 to 2^60; "
        "default: 32 GiB).",
    )
    min_free_disk_bytes: int = Field(
        default=512 * 2**20,
        ge=0,
        le=2**50,
        description="Disk space that uploads and jobs leave free, in bytes (0 to 2^50; default: "
        "512 MiB).",
    )

    max_running_jobs: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Recordings that each backend process transcribes at once (1 to 64): this "
        "many longer than ten minutes, this many of up to ten minutes, and up to LLM_CONCURRENCY "
        "of up to 30 seconds, 16 if that is 0.",
    )
    max_queued_jobs: int = Field(
        default=100,
        ge=1,
        le=100_000,
        description="Most recordings of one API key that may wait in the queue (1 to 100000); "
        "further ones are refused with 429.",
    )

    max_audio_hours_per_day: float = Field(
        default=0,
        ge=0,
        le=1_000_000,
        description="Most hours of audio that each API key may send on a day in UTC, unless it has "
        "a quota of its own (0 to 1000000); 0: any. Further recordings are refused with 429.",
    )
    max_kept_bytes: int = Field(
        default=0,
        ge=0,
        le=2**60,
        description="Most bytes of recordings that are kept for each API key, unless it has a "
        "quota of its own (0 to 2^60); 0: any. Further recordings are refused with 413.",
    )

    database_url: str = Field(
        default="",
        pattern=r"^($|sqlite:///|postgresql://)",
        description="Database URL: sqlite:///path.db or postgresql://user:password@host/name; "
        "empty: SQLite in DATA_DIR.",
    )
    blob_store_url: str = Field(
        default="file:",
        pattern=r"^(file:.*|s3://[^/]+(/.*)?)$",
        description="Where recordings are kept: file:/folder, or s3://bucket/prefix, for which the "
        "address and the credentials are read from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, "
        "AWS_SESSION_TOKEN, AWS_REGION and AWS_ENDPOINT_URL; file: alone is DATA_DIR.",
    )
    heartbeat_s: float = Field(
        default=5,
        ge=0.1,
        le=60,
        description="Seconds between two heartbeats of a backend in a PostgreSQL database "
        "(0.1 to 60).",
    )
    heartbeat_timeout_s: float = Field(
        default=30,
        ge=0.5,
        le=3600,
        description="Seconds without a heartbeat after which the other backends take over the "
        "jobs of one (0.5 to 3600); at least three times HEARTBEAT_S, and the same for all.",
    )
    redis_url: str = Field(
        default="",
        pattern=r"^($|rediss?://)",
        description="URL of a Redis that caches finished transcripts, such as "
        "redis://host:6379/0; empty: each backend process caches them in memory.",
    )
    retention_days: int = Field(
        default=0,
        ge=0,
        le=36_500,
        description="Days to keep a finished job and its recording (0 to 36500); 0: until it is "
        "deleted.",
    )
    audio_retention_days: int = Field(
        default=0,
        ge=0,
        le=36_500,
        description="Days to keep the recording of a finished job (0 to 36500); 0: as long as its "
        "text.",
    )

    audit_days: int = Field(
        default=90,
        ge=0,
        le=36_500,
        description="Days to keep who opened, exported, deleted and shared what, once there are "
        "API keys (0 to 36500); 0: that is not written down.",
    )

    @model_validator(mode="after")
    def _check_keys(self) -> Self:
        _ = self.keys, self.metrics_keys, self.sign_in
        return self

    @model_validator(mode="after")
    def _check_heartbeat(self) -> Self:
        if self.heartbeat_timeout_s < 3 * self.heartbeat_s:
            raise ValueError("HEARTBEAT_TIMEOUT_S must be at least three times HEARTBEAT_S")
        return self

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Return the API keys of the clients; without keys every client may call.

        Raises: ValueError: a key that cannot be used, or a file that cannot be read.
        """
        keys: tuple[str, ...] = ()
        if text := self.api_keys.get_secret_value().strip():
            keys += self._parse_keys("API_KEYS", text)
        if self.api_keys_file:
            text = _read_key_file("API_KEYS_FILE", self.api_keys_file)
            keys += self._parse_keys("API_KEYS_FILE", text)
        return keys

    @cached_property
    def sign_in(self) -> SignIn:
        """Return how a proxy tells who has signed in.

        Raises: ValueError: a setting of it is missing, or could be guessed.
        """
        return SignIn.parse(self.sign_in_header, self.sign_in_secret.get_secret_value())

    @property
    def admins(self) -> frozenset[str]:
        """Return the users who sign in as admins."""
        return frozenset(name for part in self.sign_in_admins.split(",") if (name := part.strip()))

    @property
    def metrics_keys(self) -> tuple[str, ...]:
        """Return the API keys that may read the metrics; without `keys` every client may."""
        if text := self.metrics_api_key.get_secret_value().strip():
            return self._parse_keys("METRICS_API_KEY", text)
        return self.keys if len(self.keys) == 1 else ()

    @property
    def origins(self) -> tuple[str, ...]:
        """Return the origins of the pages that may call the backend."""
        parts = self.cors_origins.lower().split(",")
        return tuple(origin for part in parts if (origin := part.strip()))

    @property
    def is_open_to_others(self) -> bool:
        """Return whether other machines could connect without a key."""
        is_open = not self.keys and not self.sign_in
        return is_open and not _is_loopback(self.published_address or self.bind_address)

    @property
    def database(self) -> str:
        """Return the database's URL, the default one included."""
        return self.database_url or f"sqlite:///{self.data_dir / 'speech_transcription.db'}"

    def database_files(self) -> list[Path]:
        """Return the existing files of a SQLite database, and those of DBOS beside it."""
        scheme, _, name = self.database.partition(":///")
        if scheme != "sqlite":
            return []
        path = Path(name)
        return [
            file
            for database in (path.name, "dbos.db")
            for file in path.parent.glob(f"{glob.escape(database)}*")
            if file.name.removeprefix(database) in ("", "-wal", "-shm", "-journal", ".lock")
        ]

    def _parse_keys(self, name: str, text: str) -> tuple[str, ...]:
        """Return the keys of a setting; errors name the setting and show no key."""
        keys = tuple(key for part in re.split(r"[,\n]", text) if (key := part.strip()))
        if not keys:
            raise ValueError(f"{name} contains no key")
        if not all(map(_is_key, keys)):
            raise ValueError(f"a key in {name} is longer than 256 characters or not ASCII")
        if any(len(key) < self.api_key_min_length for key in keys):
            raise ValueError(
                f"a key in {name} is shorter than {self.api_key_min_length} characters and could "
                "be guessed; create one with `openssl rand -hex 32`, or keep it and its history "
                "by a lower API_KEY_MIN_LENGTH"
            )
        return keys


def _read_key_file(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"{name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:  # its message would show a part of the file
        raise ValueError(f"{name} is not a text file") from None


def _is_loopback(address: str) -> bool:
    try:
        return address == "localhost" or ip_address(address).is_loopback
    except ValueError:
        return False
