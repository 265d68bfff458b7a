"""Keys made here: if these fail, a revoked key opens something, or a copy of the database does."""

from datetime import timedelta

import pytest

from backend.accounts import LOCAL_ACCOUNT, Account, Accounts
from backend.api_keys import MAX_WRONG_KEYS, ApiKeys
from backend.audit import AuditTrail
from backend.errors import (
    KeyNotFoundError,
    MissingKeyError,
    TooManyWrongKeysError,
    UnknownKeyError,
    WrongStateError,
)
from backend.key_command import create, revoke, table
from backend.storage.database import KeyDigest, Stores
from contracts.accounts import KeyRequest, Role
from unit.backend.storage.database.recorded import NOON

ANNA = KeyRequest(name="Анна")
CONFIGURED = "configured-0123456789"


@pytest.fixture
async def accounts(stores: Stores) -> Accounts:
    return await opened(stores)


async def opened(stores: Stores, *configured: str) -> Accounts:
    """Return the accounts as another backend on the database has them."""
    accounts = Accounts(ApiKeys(configured), stores.keys)
    await accounts.refresh()
    return accounts


async def test_a_key_stands_for_one_account_until_it_is_revoked(
    accounts: Accounts, stores: Stores
) -> None:
    made = await accounts.create(KeyRequest(name=" Анна ", role=Role.ADMIN))
    account = await accounts.account_of(made.key)
    assert (account.name, account.role) == ("Анна", Role.ADMIN)
    other = await accounts.account_of((await accounts.create(KeyRequest(name="Boris"))).key)
    assert other.role is Role.USER
    assert other.owner != account.owner

    another_backend = await opened(stores)
    assert await another_backend.account_of(made.key) == account
    await accounts.revoke(made.id)
    for each in (accounts, another_backend):
        with pytest.raises(UnknownKeyError):
            await each.account_of(made.key)
    with pytest.raises(KeyNotFoundError):
        await accounts.revoke(made.id)
    with pytest.raises(KeyNotFoundError):
        await accounts.revoke(made.id + 1000)


async def test_the_whole_key_is_checked(accounts: Accounts) -> None:
    """Otherwise its selector, which is stored, would open everything."""
    key = (await accounts.create(ANNA)).key
    swapped = "B" if key[-1] == "A" else "A"
    for wrong in (key[:-1] + swapped, key[:-1], key + "A", key.upper(), key[:19] + "_" + "A" * 43):
        with pytest.raises(UnknownKeyError):
            await accounts.account_of(wrong, wrong)


async def test_neither_the_key_nor_its_plain_hash_is_stored(
    accounts: Accounts, stores: Stores
) -> None:
    """Otherwise whoever reads the database, or has a list of hashes, has the keys."""
    first, second = await accounts.create(ANNA), await accounts.create(KeyRequest(name="Boris"))
    secrets = [made.key.split("_", 2)[2] for made in (first, second)]
    listed = await accounts.list()
    assert [key.name for key in listed] == ["Boris", "Анна"]
    assert not [secret for secret in secrets if secret in repr(listed)]
    found = await stores.keys.find(first.key.split("_")[1])
    assert found is not None
    assert len(found.stored.salt) == 16
    assert secrets[0] not in repr(found)


async def test_keys_are_required_once_one_was_made_and_ever_after(
    accounts: Accounts, stores: Stores
) -> None:
    """Otherwise everything is open to everybody when the last key is revoked."""
    assert await accounts.account_of(None) == LOCAL_ACCOUNT
    made = await (await opened(stores)).create(ANNA)
    await accounts.refresh()
    with pytest.raises(MissingKeyError):
        await accounts.account_of(None)
    await accounts.revoke(made.id)
    for each in (accounts, await opened(stores)):
        with pytest.raises(MissingKeyError):
            await each.account_of("")


async def test_a_configured_key_stays_valid_beside_them(stores: Stores) -> None:
    accounts = await opened(stores, CONFIGURED)
    made = await accounts.create(KeyRequest(name="Анна", role=Role.ADMIN))
    account = await accounts.account_of(CONFIGURED)
    assert account.owner == ApiKeys([CONFIGURED]).owner_of(CONFIGURED), "its history is lost"
    assert account.role is Role.USER, "each client of the settings would become an admin"
    assert (await accounts.account_of(made.key)).role is Role.ADMIN


async def test_wrong_keys_are_limited_and_a_revoked_key_is_a_wrong_one(
    accounts: Accounts,
) -> None:
    """Otherwise somebody tries hundreds of keys a second."""
    good, revoked = await accounts.create(ANNA), await accounts.create(KeyRequest(name="Boris"))
    for made in (good, revoked):
        await accounts.account_of(made.key, "192.0.2.1")
    await accounts.revoke(revoked.id)
    for _ in range(MAX_WRONG_KEYS):
        with pytest.raises(UnknownKeyError):
            await accounts.account_of(revoked.key, "192.0.2.1")
    with pytest.raises(TooManyWrongKeysError):
        await accounts.account_of(revoked.key, "192.0.2.1")
    assert await accounts.account_of(good.key, "192.0.2.1"), "it has used this key before"
    with pytest.raises(TooManyWrongKeysError):
        await accounts.account_of((await accounts.create(KeyRequest(name="New"))).key, "192.0.2.1")


async def test_a_name_stands_for_one_valid_key(accounts: Accounts, stores: Stores) -> None:
    """Otherwise nobody knows which of two keys to revoke."""
    made = await accounts.create(ANNA)
    with pytest.raises(WrongStateError):
        await accounts.create(ANNA)
    await accounts.revoke(made.id)
    assert (await accounts.create(ANNA)).id > made.id
    digest = KeyDigest("s", b"salt", b"digest")
    await stores.keys.add(KeyRequest(name="x"), digest, "o", NOON + timedelta(days=1))


async def test_a_lost_key_can_be_replaced_by_one_that_opens_the_same_history(
    stores: Stores,
) -> None:
    accounts = await opened(stores)
    lost = await accounts.create(ANNA)
    owner = (await accounts.account_of(lost.key)).owner
    await accounts.revoke(lost.id)
    trail = AuditTrail(stores.audit, 1)
    key = (await create(stores, trail, ANNA, history=str(lost.id))).key
    assert await accounts.account_of(key) == Account(owner, "Анна")
    local = await create(stores, trail, KeyRequest(name="page"), history="local")
    account = await accounts.account_of(local.key)
    assert account.owner == LOCAL_ACCOUNT.owner
    assert account is not LOCAL_ACCOUNT
    with pytest.raises(KeyNotFoundError):
        await create(stores, trail, KeyRequest(name="nobody"), history="999")
    await revoke(stores, trail, local.id)
    printed = await table(stores)
    assert [line.split()[1] for line in printed.splitlines()] == ["user"] * 3
    assert key not in printed
    await trail.flush()
    written = [(entry.action, entry.target) for entry in await stores.audit.page(limit=9)]
    assert written == [
        ("key_revoked", str(local.id)),
        ("key_created", str(local.id)),
        ("key_created", str(local.id - 1)),
    ]
