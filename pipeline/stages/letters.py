"""The messages of a week, each with where it goes to: what is secret comes from the environment and is never shown."""

from __future__ import annotations

import email
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from pathlib import Path

import pandas as pd

from pipeline.config.deliveries import Channel, ManagerSettings, SendSettings, email_address, web_address
from pipeline.deliver.digest import FOLDER
from pipeline.deliver.text import clean
from pipeline.deliver.transport import smtp, webhook
from pipeline.errors import ConfigError, StorageError
from pipeline.stages.context import Run
from pipeline.warehouse import Week, file_hash, text_hash

_XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
MOST_ATTACHED = 5_000_000
"""Bytes of a workbook from which it is not attached: many servers refuse what is larger once it is encoded."""


@dataclass(frozen=True)
class Letter:
    """One message. ``address`` is empty where nobody can be reached, and ``missing`` then says what is missing.

    ``shown``: the address as it may be shown; ``digest``: the sha256 of the file; ``prepare`` reads and builds it, and
    returns what hands it over once.
    """

    manager: str
    channel: Channel
    digest: str
    shown: str
    missing: str
    address: str = field(repr=False)
    prepare: Callable[[], Callable[[], None]] = field(repr=False)


def letters(
    run: Run, week: Week, channels: tuple[Channel, ...], managers: Mapping[str, str], secrets: bool
) -> list[Letter]:
    """The messages of ``managers`` (each with the name of its files), by manager and channel.

    ``secrets``: whether they must be there. Raises ConfigError with every variable that is not set or holds no address,
    before anything is sent; StorageError where a file is not as it was published.
    """
    settings, known = run.config.deliver.send, _owner_addresses(run)
    if secrets:
        _check_secrets(settings, channels, managers)
    found = []
    for manager, name in sorted(managers.items()):
        person = settings.managers.get(manager, ManagerSettings())
        for channel in channels:
            if channel == "slack":
                found.append(_slack(settings, week, manager, name, person.slack_env or settings.slack_env))
            else:
                found.append(_email(settings, week, manager, name, person.email or known.get(manager, "")))
    return found


def _slack(settings: SendSettings, week: Week, manager: str, name: str, variable: str | None) -> Letter:
    path = _published(week, f"{FOLDER}/{name}.json")
    secret = os.environ.get(variable or "", "")

    def prepare() -> Callable[[], None]:
        payload = path.read_bytes()
        return lambda: webhook.post(secret, payload, settings.timeout_seconds)

    missing = f"managers: {manager}: slack_env, or slack_env for all"
    return Letter(manager, "slack", file_hash(path), f"the webhook in {variable}", missing, variable or "", prepare)


def _email(settings: SendSettings, week: Week, manager: str, name: str, address: str) -> Letter:
    path = _published(week, f"{FOLDER}/{name}.eml")
    book = _published(week, f"workbooks/{name}.xlsx") if settings.attach_workbook else None
    bare = parseaddr(address)[1]

    def prepare() -> Callable[[], None]:
        message = addressed(path.read_bytes(), str(settings.sender), bare, manager, book)
        password = os.environ.get(settings.smtp.password_env or "", "")
        sender = parseaddr(str(settings.sender))[1]
        return lambda: smtp.post(message, sender, bare, settings.smtp, password, settings.timeout_seconds)

    missing = f"managers: {manager}: email, or owner_email of the accounts"
    return Letter(manager, "email", file_hash(path), bare, missing, bare, prepare)


def addressed(digest: bytes, sender: str, recipient: str, manager: str, book: Path | None) -> EmailMessage:
    """The e-mail with its sender, recipient and day, and with the workbook, where it is small enough to arrive.

    The same digest to the same person has the same Message-ID, by which a mail program knows a repeated one.
    """
    message = email.message_from_bytes(digest, _class=EmailMessage, policy=SMTP)
    name, address = parseaddr(sender)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(clean(manager), addr_spec=recipient)
    message["Date"] = formatdate()
    mark = text_hash(f"{recipient}\n{text_hash(digest.hex())}")[:32]
    message["Message-ID"] = f"<{mark}@{address.rpartition('@')[2]}>"
    if book is not None and book.stat().st_size <= MOST_ATTACHED:
        main, kind = _XLSX
        message.add_attachment(book.read_bytes(), maintype=main, subtype=kind, filename=book.name)
    return message


def _check_secrets(settings: SendSettings, channels: tuple[Channel, ...], managers: Mapping[str, str]) -> None:
    problems = list(dict.fromkeys(_problems(settings, channels, managers)))
    if problems:
        raise ConfigError(*problems, hint="Set it for this command alone; a secret stands in no file of Holdfast.")


def _problems(settings: SendSettings, channels: tuple[Channel, ...], managers: Mapping[str, str]) -> Iterator[str]:
    if "email" in channels and settings.smtp.password_env and not os.environ.get(settings.smtp.password_env):
        yield f"The environment variable {settings.smtp.password_env} (deliver.send.smtp.password_env) is not set."
    for manager in managers if "slack" in channels else ():
        variable = settings.managers.get(manager, ManagerSettings()).slack_env or settings.slack_env
        if variable and not os.environ.get(variable):
            yield f"The environment variable {variable} (slack_env) is not set."
        elif variable and not _is_web_address(os.environ[variable]):
            yield f"The environment variable {variable} (slack_env) holds no https address."


def _is_web_address(text: str) -> bool:
    try:
        return bool(web_address(text))
    except ValueError:
        return False


def _published(week: Week, name: str) -> Path:
    """A file of the week, if it is as it was published."""
    path = week.path / name
    if not path.is_file() or file_hash(path) != week.manifest()["files"].get(name):
        raise StorageError(
            f"{path} is not as it was published, so nothing is sent.",
            hint="Publish the week again, or restore the file.",
        )
    return path


def _owner_addresses(run: Run) -> dict[str, str]:
    """The e-mail of each owner, by the accounts; none where they disagree or name no address."""
    path = run.table_paths().get("accounts")
    accounts = pd.read_parquet(path) if path else pd.DataFrame()
    if not {"owner", "owner_email"} <= set(accounts.columns):
        return {}
    pairs = accounts[["owner", "owner_email"]].dropna().astype(str).apply(lambda column: column.str.strip())
    pairs = pairs.drop_duplicates()
    single = pairs[~pairs["owner"].duplicated(keep=False) & pairs["owner_email"].map(_is_email)]
    return dict(zip(single["owner"], single["owner_email"], strict=True))


def _is_email(text: str) -> bool:
    try:
        return bool(email_address(text))
    except ValueError:
        return False
