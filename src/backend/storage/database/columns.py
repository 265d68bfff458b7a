"""Column types that store values of the contracts."""

import re
import zlib
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, TypeAdapter
from sqlalchemy import DateTime, Dialect, LargeBinary, Text
from sqlalchemy.types import TypeDecorator

_unstorable = re.compile("[\0\ud800-\udfff]")


class PlainText(TypeDecorator[str]):
    """Text without the characters that databases refuse: NUL and lone surrogates."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Remove those characters; they have no meaning in a text."""
        return value if value is None else _unstorable.sub("", value)


class UtcDateTime(TypeDecorator[datetime]):
    """A time with a zone, always stored in UTC, because SQLite stores no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC.

        Raises: ValueError: the time has no zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the time in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """A value of a pydantic type as JSON text.

    Args:
        kind: the type: a model, or a list of models or enums.
    """

    impl = Text
    cache_ok = False

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self._adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Serialize to JSON."""
        return None if value is None else self._adapter.dump_json(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Parse the JSON."""
        return None if value is None else self._adapter.validate_json(value)


class CompressedJson(TypeDecorator[Any]):
    """A pydantic model as JSON, compressed with zlib to a quarter; it cannot be searched.

    Args:
        kind: the model's class.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, kind: type[BaseModel]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: BaseModel | None, dialect: Dialect) -> bytes | None:
        """Serialize and compress."""
        return None if value is None else zlib.compress(value.model_dump_json().encode())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> BaseModel | None:
        """Decompress and parse."""
        return None if value is None else self.kind.model_validate_json(zlib.decompress(value))
