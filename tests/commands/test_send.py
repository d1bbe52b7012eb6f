"""Sending the digests of a week: once, to real servers, and never what should not leave the house."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import load_config
from pipeline.config.deliveries import email_address
from pipeline.errors import ConfigError, GateError, HoldfastError, StorageError
from pipeline.stages.context import Run
from pipeline.stages.send import send
from pipeline.warehouse import Workspace
from tests.commands.command import Company
from tests.commands.servers import DROP, STALL, Hook, Mailbox, mail_server, webhook, write_certificate

PASSWORD = "hunter2-very-secret"
# a server on this machine needs no TLS; its library says at each connection that others would
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH")
HOW = "wait_seconds: 0.01, timeout_seconds: 5, attempts: 3"
SLACK = f"deliver: {{send: {{channels: slack, slack_env: TEAM_HOOK, {HOW}}}}}\n"


class Heard:
    """Somebody who keeps what is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def doing(self, text: str) -> None:
        self.told.append(text)

    done = warn = doing


def run(company: Company, as_of: date | None = None) -> Run:
    folder = company.folder
    return Run(load_config(folder / "config.yaml"), Workspace(folder / "workspace"), Heard(), as_of)


def states(outcome: Any) -> dict[str, str]:
    return {each["manager"]: each["state"] for each in outcome.data["messages"]}


def ledger(company: Company) -> Path:
    return company.folder / "workspace" / "sent" / "ledger.jsonl"


@pytest.fixture
def slack(company: Company, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    """A team's webhook, and a company that sends to it."""
    company.configure(lambda text: text + SLACK)
    with webhook() as hook:
        monkeypatch.setenv("TEAM_HOOK", hook.address)
        yield hook


@pytest.fixture
def box(company: Company, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A mail server with a password, and a company that sends by it."""
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    with mail_server() as server:
        by_mail(company, server)
        yield server


def by_mail(company: Company, server: Mailbox, security: str = "none") -> None:
    """Let a company send by a mail server."""
    where = f"host: 127.0.0.1, port: {server.port}, security: {security}"
    smtp = f"{{{where}, user: holdfast, password_env: MAIL_PASSWORD}}"
    people = "{Ada: {email: ada@example.com}, Ben: {email: Ben B <ben@example.com>}}"
    how = f"channels: email, sender: Holdfast <lists@example.com>, smtp: {smtp}, managers: {people}"
    company.configure(lambda text: text + f"deliver: {{send: {{{how}, {HOW}}}}}\n")


def test_sending_is_off_until_a_channel_is_named(company: Company) -> None:
    with pytest.raises(ConfigError, match="Sending is off"):
        send(run(company))
    assert not ledger(company).parent.exists()


def test_a_dry_run_tells_also_while_sending_is_off_what_is_still_missing(company: Company) -> None:
    told = send(run(company), dry_run=True)
    assert told.exit_code == 0 and told.data["off"] == ["slack", "email"]
    assert told.text.startswith("Sending by slack and email is off (deliver.send.channels). If it were on:")
    assert "Ada, slack: no address (managers: Ada: slack_env, or slack_env for all)" in told.text
    assert not ledger(company).parent.exists()


def test_a_dry_run_needs_no_secret_sends_nothing_and_says_what_it_would(
    company: Company, slack: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEAM_HOOK")
    told = send(run(company), dry_run=True)
    assert states(told) == {"Ada": "would be sent", "Ben": "would be sent"} and told.exit_code == 0
    assert "the webhook in TEAM_HOOK" in told.text
    assert not slack.bodies and not ledger(company).exists()


def test_every_manager_gets_the_published_digest_once(company: Company, slack: Hook) -> None:
    assert states(send(run(company))) == {"Ada": "sent", "Ben": "sent"}
    digests = company.folder / "workspace" / "published" / "latest" / "digests"
    assert slack.bodies == [(digests / f"{name}.json").read_bytes() for name in ("ada", "ben")]
    again = send(run(company))
    assert states(again) == {"Ada": "sent before", "Ben": "sent before"} and again.exit_code == 0
    assert len(slack.bodies) == 2


def test_a_corrected_version_of_a_week_is_not_sent_again(company: Company, slack: Hook) -> None:
    send(run(company), only="Ada")
    first = (company.folder / "workspace" / "published" / "latest").resolve()
    shutil.copytree(first, first.with_name(f"{first.name}.v2"))
    told = send(run(company))
    assert states(told) == {"Ada": "sent before", "Ben": "sent"} and "version 1" in told.text


def test_what_was_refused_is_tried_again_after_the_pause_that_was_asked_for(company: Company, slack: Hook) -> None:
    slack.answers += [(500, {}, "oops"), (429, {"Retry-After": "1"}, "ratelimited")]
    told = send(run(company), only="Ada")
    assert states(told) == {"Ada": "sent"}
    assert len(slack.bodies) == 3 and slack.times[2] - slack.times[1] >= 1.0
    lines = [json.loads(line)["state"] for line in ledger(company).read_text().splitlines()]
    assert lines == ["intent", "sent"]


def test_what_is_refused_for_good_fails_and_the_next_run_tries_it_again(company: Company, slack: Hook) -> None:
    slack.answers += [(404, {}, "no_service")]
    told = send(run(company))
    assert states(told) == {"Ada": "failed", "Ben": "sent"} and told.exit_code == 74
    assert "404: no_service" in told.text and len(slack.bodies) == 2, "no second attempt"
    assert states(send(run(company))) == {"Ada": "sent", "Ben": "sent before"}


def test_a_pause_beyond_what_is_allowed_is_not_waited_for(company: Company, slack: Hook) -> None:
    slack.answers += [(429, {"Retry-After": "3600"}, "")]
    assert states(send(run(company), only="Ada")) == {"Ada": "failed"}


@pytest.mark.parametrize("answer", [DROP, (504, {}, "")])
def test_what_may_have_arrived_is_not_sent_again_by_itself(company: Company, slack: Hook, answer: Any) -> None:
    slack.answers += [answer]
    told = send(run(company), only="Ada")
    assert states(told) == {"Ada": "uncertain"} and told.exit_code == 74
    again = send(run(company), only="Ada")
    assert states(again) == {"Ada": "uncertain"} and again.exit_code == 74 and len(slack.bodies) == 1
    assert states(send(run(company), only="Ada", resend_uncertain=True)) == {"Ada": "sent"}
    assert len(slack.bodies) == 2


def test_f53_a_send_that_is_killed_is_uncertain_and_not_repeated(company: Company, slack: Hook) -> None:
    slack.answers += [STALL]
    where = ("--config", str(company.folder / "config.yaml"), "--workspace", str(company.folder / "workspace"))
    with subprocess.Popen([sys.executable, "-m", "pipeline", "send", *where], stderr=subprocess.DEVNULL) as process:
        assert slack.reached.wait(30)
        process.send_signal(signal.SIGKILL)
    told = send(run(company))
    assert states(told) == {"Ada": "uncertain", "Ben": "sent"} and len(slack.bodies) == 2
    assert "stopped while sending" in told.text


@pytest.mark.parametrize("torn", ['{"we', '{"week": "2026-07-27", "version": 1, "mana'])
def test_a_line_that_was_being_written_when_the_machine_stopped_does_no_harm(
    company: Company, slack: Hook, torn: str
) -> None:
    send(run(company), only="Ada")
    with ledger(company).open("a") as file:
        file.write(torn)
    assert states(send(run(company))) == {"Ada": "sent before", "Ben": "sent"}
    assert states(send(run(company))) == {"Ada": "sent before", "Ben": "sent before"}


def test_a_ledger_that_was_altered_stops_everything(company: Company, slack: Hook) -> None:
    send(run(company), only="Ada")
    ledger(company).write_text("nothing was sent\n")
    with pytest.raises(StorageError, match="line 1"):
        send(run(company))
    assert len(slack.bodies) == 1


def test_an_e_mail_reaches_its_manager_with_text_page_and_workbook(company: Company, box: Mailbox) -> None:
    assert states(send(run(company))) == {"Ada": "sent", "Ben": "sent"}
    assert [to for to, _ in box.taken] == ["ada@example.com", "ben@example.com"]
    assert set(box.logins) == {PASSWORD.encode()}
    message = box.taken[0][1]
    assert str(message["To"]) == "Ada <ada@example.com>" and message["Date"] and message["Message-ID"]
    bodies = {kind: message.get_body((kind,)) for kind in ("plain", "html")}
    assert all(body is not None and "Ada" in body.get_content() for body in bodies.values())
    (book,) = message.iter_attachments()
    published = company.folder / "workspace" / "published" / "latest" / "workbooks" / "ada.xlsx"
    assert book.get_filename() == "ada.xlsx" and book.get_content() == published.read_bytes()


def test_a_mail_server_may_refuse_for_now_or_for_good(company: Company, box: Mailbox) -> None:
    box.replies += ["451 try later", "250 OK", "550 no such user ben@example.com"]
    told = send(run(company))
    assert states(told) == {"Ada": "sent", "Ben": "failed"} and told.exit_code == 74
    assert "550: no such user [address]" in told.text and "ben@example.com" not in ledger(company).read_text()


def test_a_password_is_told_to_a_server_alone_whose_certificate_is_trusted(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    certificate = write_certificate(tmp_path / "server.pem")
    with mail_server(certificate=certificate) as server:
        by_mail(company, server, "starttls")
        refused = send(run(company))
        assert states(refused) == {"Ada": "failed", "Ben": "failed"} and not server.logins
        assert "certificate could not be verified" in refused.text
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert states(send(run(company))) == {"Ada": "sent", "Ben": "sent"}
        assert set(server.logins) == {PASSWORD.encode()}


def test_a_server_without_encryption_gets_no_password(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    with mail_server() as server:
        by_mail(company, server, "starttls")
        assert states(send(run(company))) == {"Ada": "failed", "Ben": "failed"} and not server.logins


def test_an_address_comes_from_the_accounts_where_the_configuration_names_none(company: Company, box: Mailbox) -> None:
    import pandas as pd

    path = company.folder / "workspace" / "warehouse" / "accounts.parquet"
    accounts = pd.read_parquet(path)
    owners = accounts["owner"].map({"Ada": "ada@work.example", "Ben": "ben@work.example"})
    accounts.assign(owner_email=owners).to_parquet(path, index=False)
    company.configure(lambda text: text.replace("Ada: {email: ada@example.com}, ", ""))
    send(run(company))
    assert [to for to, _ in box.taken] == ["ada@work.example", "ben@example.com"]


def test_a_manager_without_an_address_is_told_of_and_stops_nobody(company: Company, box: Mailbox) -> None:
    company.configure(lambda text: text.replace("Ada: {email: ada@example.com}, ", ""))
    told = send(run(company))
    assert states(told) == {"Ada": "no address", "Ben": "sent"} and told.exit_code == 0


def _held(company: Company) -> None:
    (company.folder / "workspace" / "held" / "2026-08-03").mkdir(parents=True)


def _replayed(company: Company) -> None:
    path = company.folder / "workspace" / "published" / "latest" / "manifest.json"
    path.write_text(path.read_text().replace('"replayed": false', '"replayed": true'))


def _succeeded(company: Company) -> None:
    first = (company.folder / "workspace" / "published" / "latest").resolve()
    shutil.copytree(first, first.with_name("2026-08-03"))


def _late(company: Company) -> None:
    company.configure(lambda text: text.replace("as_of: data", "as_of: 2026-08-03"))


def _nothing(company: Company) -> None:
    """The week is as it is."""


PUBLISHED, NEXT = date(2026, 7, 27), date(2026, 8, 3)


@pytest.mark.parametrize(
    ("change", "as_of", "week", "words"),
    [
        (_held, None, None, "is held"),
        (_replayed, None, None, "was replayed"),
        (_nothing, NEXT, None, "an old list"),
        (_nothing, NEXT, PUBLISHED, "an old list"),
        (_succeeded, PUBLISHED, PUBLISHED, "an old list"),
        (_late, PUBLISHED, None, "an old list"),
        (_late, PUBLISHED, PUBLISHED, "an old list"),
    ],
)
def test_f39_a_held_a_replayed_or_an_old_week_is_never_sent(
    company: Company, slack: Hook, change: Any, as_of: date | None, week: date | None, words: str
) -> None:
    change(company)
    with pytest.raises(GateError, match=words):
        send(run(company, as_of), week=week)
    assert not slack.bodies and not ledger(company).exists()


def test_a_week_or_manager_that_is_not_there_is_told_with_those_that_are(company: Company, slack: Hook) -> None:
    with pytest.raises(ConfigError, match="2026-07-27"):
        send(run(company), week=date(2026, 7, 20))
    with pytest.raises(ConfigError, match="There are: Ada"):
        send(run(company), only="Adda")
    with pytest.raises(ConfigError, match="not enabled"):
        send(run(company), channel="email")
    assert not slack.bodies


def test_an_altered_digest_is_not_sent(company: Company, slack: Hook) -> None:
    path = company.folder / "workspace" / "published" / "latest" / "digests" / "ada.json"
    path.write_text(path.read_text().replace("Ada", "Eve"))
    with pytest.raises(StorageError, match="not as it was published"):
        send(run(company))
    assert not slack.bodies


@pytest.mark.parametrize("value", ["", "http://hooks.example.com/services/s3cr3tpath", "s3cr3tpath"])
def test_a_secret_that_is_missing_or_none_stops_before_anything_is_sent(
    company: Company, slack: Hook, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("TEAM_HOOK", value)
    with pytest.raises(ConfigError, match="TEAM_HOOK") as error:
        send(run(company))
    assert "s3cr3tpath" not in str(error.value) and not slack.bodies


@pytest.mark.parametrize(
    "wrong",
    [
        "{send: {slack_env: https://hooks.slack.com/services/s3cr3tpath}}",
        "{send: {smtp: {user: a, password_env: s3cr3tpath!}}}",
        "{send: {smtp: {user: a, password: s3cr3tpath}}}",
        "{address: https://user:s3cr3tpath@example.com}",
    ],
)
def test_f68_a_secret_written_into_the_configuration_is_refused_and_not_repeated(company: Company, wrong: str) -> None:
    company.configure(lambda text: text + f"deliver: {wrong}\n")
    with pytest.raises(HoldfastError) as error:
        run(company)
    assert "s3cr3tpath" not in str(error.value)


def test_f68_no_secret_and_no_managers_address_is_in_any_log_error_or_file(
    company: Company, slack: Hook, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (company.folder / "config.yaml").read_text().replace(SLACK, "")
    both = text.replace("channels: email,", "channels: [slack, email], slack_env: TEAM_HOOK,")
    (company.folder / "config.yaml").write_text(both)
    slack.answers += [(400, {}, f"invalid at {slack.address}"), DROP]
    box.replies += ["550 unknown ada@example.com"]
    result = company.run("send", "--json")
    assert result.returncode == 74
    counts = json.loads(result.stdout)["counts"]
    assert counts == {"failed": 2, "sent": 1, "uncertain": 1}, result.stdout
    kept = {"locale", "language", "comments", "address", "salesforce", "hubspot"}
    assert set(run(company).config.to_dict()["deliver"]) == kept
    files = [path for path in (company.folder / "workspace").rglob("*") if path.is_file()]
    said = [result.stdout.encode(), result.stderr.encode(), *(path.read_bytes() for path in files)]
    for secret in (PASSWORD.encode(), b"s3cr3tpath", b"ada@example.com", b"lists@example.com"):
        assert not [data for data in said if secret in data], secret


@pytest.mark.parametrize("address", ["Jane @ Acme <jane@example.com>", "Doe, Jane <jane@example.com>"])
def test_an_address_that_mail_programs_read_in_another_way_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="not an e-mail address"):
        email_address(address)
