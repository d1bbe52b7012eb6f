"""How the outputs are written, what a CRM calls its fields, and who is sent what."""

from __future__ import annotations

import re
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from pipeline import texts
from pipeline.config.base import Section, as_list

Channel = Literal["slack", "email"]
CRM_COLUMNS = ("id", "list", "health", "band", "probability", "reason", "play", "due", "as_of")
"""What a CRM is told of an account, in the order of the import file."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_FIELD = re.compile(r"[^\W\d_][\w .:()/-]{0,99}")
_LOCAL = ("localhost", "127.0.0.1", "::1")


def _variable(value: str) -> str:
    """The name of an environment variable: what is secret stands there and never in a configuration."""
    if not _VARIABLE.fullmatch(value):
        raise ValueError("write the name of an environment variable that holds it, such as HOLDFAST_SECRET")
    return value


def email_address(value: str) -> str:
    """``name@host``, or ``A Name <name@host>``, in plain letters."""
    name, _, rest = value.rpartition("<")
    bare = rest.removesuffix(">").strip() if name or rest.endswith(">") else value.strip()
    try:
        Address(name.strip(), addr_spec=bare)
    except Exception:
        raise ValueError("not an e-mail address: write name@example.com") from None
    # what is written to must be what was checked: mail libraries read a loose text in another way
    if "@" not in bare or not bare.isascii() or not value.isprintable() or parseaddr(value)[1] != bare:
        raise ValueError("not an e-mail address: write name@example.com")
    return value


Variable = Annotated[str, AfterValidator(_variable)]
EmailAddress = Annotated[str, AfterValidator(email_address)]


def web_address(value: str) -> str:
    """An https address; plain http only on this machine, since what is sent tells of customers."""
    parts = urlsplit(value)
    if parts.username or parts.password or "@" in parts.netloc:
        raise ValueError("no credentials in an address")
    local = parts.scheme == "http" and parts.hostname in _LOCAL
    if not (parts.scheme == "https" or local) or not parts.hostname or not value.isprintable() or " " in value:
        raise ValueError("not an https address: write https://host/path")
    return value.rstrip("/")


class CrmSettings(Section):
    """What a CRM calls the fields of an import file, in ``CRM_COLUMNS``; null leaves one out, ``id`` is needed.

    ``no_text`` and ``no_value`` stand where there is no text, and no figure or day: by them a CRM forgets, if it can.
    """

    id: str
    list: str | None
    health: str | None
    band: str | None
    probability: str | None
    reason: str | None
    play: str | None
    due: str | None
    as_of: str | None
    no_text: str = ""
    no_value: str = ""

    @property
    def columns(self) -> dict[str, str]:
        """Each column that is told with the CRM's name for it, in order."""
        return {name: given for name in CRM_COLUMNS if (given := getattr(self, name)) is not None}

    @model_validator(mode="after")
    def _names(self) -> CrmSettings:
        names = list(self.columns.values())
        wrong = [name for name in names if not _FIELD.fullmatch(name)]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is no name of a field: letters, digits and _ after a letter")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two columns are called {twice[0]!r}")
        return self


class SalesforceSettings(CrmSettings):
    """Fields of Account. ``#N/A`` clears one in the Bulk API, where an empty cell leaves the old value."""

    id: str = "External_Id__c"
    list: str | None = "Churn_List__c"
    health: str | None = "Health_Score__c"
    band: str | None = "Health_Band__c"
    probability: str | None = "Churn_Probability__c"
    reason: str | None = "Churn_Reason__c"
    play: str | None = "Churn_Play__c"
    due: str | None = "Churn_Play_Due__c"
    as_of: str | None = "Health_As_Of__c"
    no_text: str = "#N/A"
    no_value: str = "#N/A"


class HubSpotSettings(CrmSettings):
    """Properties of Company. An import has no value that clears: texts say ``none``, figures and days stay."""

    id: str = "external_account_id"
    list: str | None = "churn_list"
    health: str | None = "health_score"
    band: str | None = "health_band"
    probability: str | None = "churn_probability"
    reason: str | None = "churn_reason"
    play: str | None = "churn_play"
    due: str | None = "churn_play_due"
    as_of: str | None = "health_as_of"
    no_text: str = "none"


class SmtpSettings(Section):
    """The server that takes e-mail. ``password_env`` names the environment variable that holds the password."""

    host: str = Field("localhost", min_length=1)
    port: int = Field(587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password_env: Variable | None = None

    @model_validator(mode="after")
    def _safe(self) -> SmtpSettings:
        if (self.user is None) != (self.password_env is None):
            raise ValueError("give user and password_env, or neither")
        if self.security == "none" and self.host not in _LOCAL:
            raise ValueError("security: none is for a server on this machine; write starttls or tls")
        return self


class ManagerSettings(Section):
    """Where one manager is reached: an address, and the environment variable that holds a Slack webhook."""

    email: EmailAddress | None = None
    slack_env: Variable | None = None


class SendSettings(Section):
    """Sending the digests of a week; nothing is sent while ``channels`` is empty.

    ``slack_env``: the variable with the webhook for managers without one of their own. ``sender``: whom e-mails are
    from. ``managers``: addresses by the manager's name; without one, the owner's e-mail of the accounts is taken.
    What certainly did not arrive is tried ``attempts`` times in all, with pauses from ``wait_seconds`` doubling to
    ``longest_wait_seconds``.
    """

    channels: Annotated[tuple[Channel, ...], BeforeValidator(as_list)] = ()
    sender: EmailAddress | None = None
    smtp: SmtpSettings = SmtpSettings()
    slack_env: Variable | None = None
    managers: dict[str, ManagerSettings] = Field(default_factory=dict)
    attach_workbook: bool = True
    attempts: int = Field(5, ge=1, le=20)
    timeout_seconds: float = Field(30.0, gt=0, le=600)
    wait_seconds: float = Field(2.0, gt=0, le=600)
    longest_wait_seconds: float = Field(120.0, gt=0, le=3600)

    @model_validator(mode="after")
    def _has_sender(self) -> SendSettings:
        if "email" in self.channels and self.sender is None:
            raise ValueError("channels has email, so sender is needed: whom the e-mails are from")
        return self


class DeliverSettings(Section):
    """How the outputs are written: ``locale`` sets the form of figures, amounts and days (en_GB, de_DE, ...).

    ``language``: in which all texts are told, one of those in ``pipeline/texts``; without it that of the locale, and
    English where there is none.
    ``comments``: whether the page of an account shows what people wrote in surveys. ``address``: where the folder
    ``published`` can be seen by managers, for the links in digests.
    """

    locale: str = "en_GB"
    language: str | None = None
    comments: bool = False
    address: str | None = None
    salesforce: SalesforceSettings = SalesforceSettings()
    hubspot: HubSpotSettings = HubSpotSettings()
    send: SendSettings = SendSettings()

    @field_validator("locale")
    @classmethod
    def _locale(cls, value: str) -> str:
        from babel import Locale, UnknownLocaleError

        try:
            return str(Locale.parse(value.replace("-", "_")))
        except (UnknownLocaleError, ValueError):
            raise ValueError(f"unknown locale {value!r}: write a language and a country, such as en_GB") from None

    @field_validator("language")
    @classmethod
    def _language(cls, value: str | None) -> str | None:
        if value is not None:
            if value not in texts.languages():
                raise ValueError(f"there are no texts in this language (valid: {', '.join(texts.languages())})")
            texts.problems(value)
        return value

    @property
    def spoken(self) -> str:
        """The language in force."""
        of_locale = self.locale.partition("_")[0]
        return self.language or (of_locale if of_locale in texts.languages() else texts.ENGLISH)

    @property
    def untranslated(self) -> str | None:
        """Where the locale's own language has no texts and none was chosen: what is told instead, and what to do."""
        own = self.locale.partition("_")[0]
        if self.language is not None or own in texts.languages():
            return None
        return (
            f"deliver.locale: {self.locale}: there are no texts in {own!r}, so they are in English; figures and days "
            f"are written as the locale does. A language is a file {own}.yaml beside {texts.ENGLISH}.yaml "
            "(pipeline/texts) with the same keys; 'deliver: {language: en}' says that English is meant"
        )

    @field_validator("address")
    @classmethod
    def _web(cls, value: str | None) -> str | None:
        return None if value is None else web_address(value)
