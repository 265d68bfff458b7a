"""Column types: how values of the contracts lie in a database."""

import re
import zlib
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, TypeAdapter
from sqlalchemy import DateTime, Dialect, LargeBinary, Text
from sqlalchemy.types import TypeDecorator

_unstorable = re.compile("[\0\ud800-\udfff]")


class PlainText(TypeDecorator[str]):
    """Text without the characters that a database refuses: NUL and lone surrogates."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Drop those characters; they mean nothing in a text."""
        return value if value is None else _unstorable.sub("", value)


class UtcDateTime(TypeDecorator[datetime]):
    """A time with its zone; SQLite keeps none, so that it is always written in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Go to UTC.

        Raises: ValueError: the time has no zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Come back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """A value of a pydantic type as JSON text.

    Args:
        kind: what is stored: a model, or a list of models or of enums.
    """

    impl = Text
    cache_ok = False

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self._adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Write JSON."""
        return None if value is None else self._adapter.dump_json(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Read JSON."""
        return None if value is None else self._adapter.validate_json(value)


class CompressedJson(TypeDecorator[Any]):
    """A pydantic model as JSON under zlib, a quarter as large; for what is never searched.

    Args:
        kind: the model's class.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, kind: type[BaseModel]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: BaseModel | None, dialect: Dialect) -> bytes | None:
        """Write and compress."""
        return None if value is None else zlib.compress(value.model_dump_json().encode())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> BaseModel | None:
        """Decompress and read."""
        return None if value is None else self.kind.model_validate_json(zlib.decompress(value))
