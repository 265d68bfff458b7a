"""Make, list and revoke API keys, also while the backend runs: `python -m backend.key_command`."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from backend.accounts import Accounts
from backend.api_keys import LOCAL_OWNER, ApiKeys
from backend.audit import COMMAND_LINE, AuditTrail
from backend.settings import BackendSettings
from backend.storage.database import Database, Stores
from contracts.accounts import KeyRequest, NewApiKey, Role, UsedApiKey
from contracts.audit import AuditAction
from servicekit.errors import ServiceError
from servicekit.private_files import keep_new_files_private


async def create(
    stores: Stores, trail: AuditTrail, request: KeyRequest, history: str | None = None
) -> NewApiKey:
    """Make a key.

    Args:
        history: id of the key whose recordings it opens, revoked or not, or `local` for those
            that were made without keys; None: it begins with none.

    Raises:
        WrongStateError: a valid key has the name.
        KeyNotFoundError: no key has the id.
    """
    owner = history
    if history is not None and history != LOCAL_OWNER:
        owner = await stores.keys.owner(int(history))
    made = await Accounts(ApiKeys([]), stores.keys).create(request, owner)
    trail.record(COMMAND_LINE, AuditAction.KEY_CREATED, str(made.id))
    return made


async def revoke(stores: Stores, trail: AuditTrail, key_id: int) -> None:
    """Let a key open nothing any more, or raise KeyNotFoundError."""
    await Accounts(ApiKeys([]), stores.keys).revoke(key_id)
    trail.record(COMMAND_LINE, AuditAction.KEY_REVOKED, str(key_id))


async def table(stores: Stores) -> str:
    """Return all keys, a line each."""
    lines = [_line(key) for key in await stores.keys.list(datetime.now(UTC))]
    return "\n".join(lines) or "No keys were made yet."


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line: `create`, `list` or `revoke`."""
    parsed = _parser().parse_args(arguments)
    settings = BackendSettings()
    database = Database.open(settings.database)
    try:
        output = asyncio.run(_run(parsed, Stores(database), settings.audit_days))
    except ValidationError as error:
        sys.exit("; ".join(f"{line['loc'][0]}: {line['msg']}" for line in error.errors()))
    except ServiceError as error:
        sys.exit(error.detail)
    except SQLAlchemyError as error:
        sys.exit(f"The database cannot be used: {type(error).__name__}")
    finally:
        database.close()
    sys.stdout.write(f"{output}\n")


async def _run(parsed: argparse.Namespace, stores: Stores, audit_days: int) -> str:
    trail = AuditTrail(stores.audit, audit_days)
    match parsed.action:
        case "create":
            request = KeyRequest(
                name=parsed.name,
                role=parsed.role,
                audio_hours_per_day=parsed.hours or None,
                max_kept_bytes=parsed.bytes or None,
            )
            made = await create(stores, trail, request, parsed.history or None)
            output = made.key
        case "revoke":
            await revoke(stores, trail, parsed.id)
            output = f"Key {parsed.id} is revoked."
        case _:
            output = await table(stores)
    await trail.flush()
    return output


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="backend.key_command")
    actions = parser.add_subparsers(dest="action", required=True)
    creating = actions.add_parser("create", help="print a new key, which is shown only once")
    creating.add_argument("name")
    creating.add_argument("--role", choices=[*Role], default=Role.USER, type=Role)
    creating.add_argument("--hours", help="hours of audio a day; 0: any")
    creating.add_argument("--bytes", help="bytes of kept recordings; 0: any")
    creating.add_argument(
        "--history",
        type=_history,
        help="id of the key whose recordings the new one opens, or: local",
    )
    actions.add_parser("list", help="print all keys, revoked ones too")
    actions.add_parser("revoke", help="refuse a key from now on").add_argument("id", type=int)
    return parser


def _history(text: str) -> str:
    if text not in ("", LOCAL_OWNER) and not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError("neither the id of a key nor local")
    return text


def _line(key: UsedApiKey) -> str:
    made = f"{key.created_at:%Y-%m-%d}"
    used = f"{key.usage.audio_s_today / 3600:6.1f} h today  {key.usage.kept_bytes / 2**30:6.1f} GiB"
    revoked = f"revoked {key.revoked_at:%Y-%m-%d %H:%M} UTC" if key.revoked_at else ""
    return f"{key.id:>4}  {key.role:<5}  {made}  {used}  {key.name}  {revoked}".rstrip()


if __name__ == "__main__":
    keep_new_files_private()
    main()
