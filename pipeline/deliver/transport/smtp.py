"""An e-mail to one person by an SMTP server (RFC 5321): 4xx may be tried again, 5xx may not.

Once the message itself was handed over, a missing answer means that nobody knows whether it was taken.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP

from pipeline.config.deliveries import SmtpSettings
from pipeline.deliver.transport import NotSent, Uncertain, answer


def post(
    message: EmailMessage, sender: str, recipient: str, settings: SmtpSettings, password: str, timeout: float
) -> None:
    """Hands a message over. ``sender`` and ``recipient`` are bare addresses. Raises NotSent or Uncertain."""
    with _connected(settings, password, timeout) as server:
        with _before_the_message():
            _expect(server.mail(sender), (250,))
            _expect(server.rcpt(recipient), (250, 251))
        try:
            reply = server.data(message.as_bytes(policy=SMTP))
        except smtplib.SMTPDataError as error:
            reply = (error.smtp_code, _bytes(error.smtp_error))
        except (OSError, smtplib.SMTPException):
            raise Uncertain("the connection broke before the server answered") from None
        _expect(reply, (250,))


@contextlib.contextmanager
def _connected(settings: SmtpSettings, password: str, timeout: float) -> Iterator[smtplib.SMTP]:
    with _before_the_message():
        server = _open(settings, timeout)
    try:
        with _before_the_message():
            if settings.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if settings.user is not None:
                server.login(settings.user, password)
            server.ehlo_or_helo_if_needed()
        yield server
    finally:
        # the message is taken or not by now, whatever becomes of the farewell
        with contextlib.suppress(OSError, smtplib.SMTPException):
            server.quit()


def _open(settings: SmtpSettings, timeout: float) -> smtplib.SMTP:
    if settings.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=timeout, context=context)
    return smtplib.SMTP(settings.host, settings.port, timeout=timeout)


@contextlib.contextmanager
def _before_the_message() -> Iterator[None]:
    """Whatever fails in here, the message was not handed over."""
    try:
        yield
    except smtplib.SMTPNotSupportedError:
        raise NotSent("the server does not offer what smtp.security or smtp.user ask for") from None
    except smtplib.SMTPAuthenticationError as error:
        told = f"the server refused the user or password ({error.smtp_code})"
        raise NotSent(told, again=error.smtp_code < 500) from None
    except smtplib.SMTPResponseException as error:
        _expect((error.smtp_code, _bytes(error.smtp_error)), ())
    except ssl.SSLCertVerificationError:
        raise NotSent("the server's certificate could not be verified") from None
    except ssl.SSLError:
        raise NotSent("no encrypted connection: do smtp.security and smtp.port fit the server?") from None
    except UnicodeError:
        # the error's own text would tell of the password
        raise NotSent("smtp.user or its password has signs that a mail server does not take") from None
    except (OSError, smtplib.SMTPException):
        raise NotSent("no connection", again=True) from None


def _expect(reply: tuple[int, bytes], good: tuple[int, ...]) -> None:
    code, text = reply
    if code not in good:
        reason = f"answered {code}: {answer(text.decode('utf-8', 'replace'))}".rstrip(": ")
        raise NotSent(reason, again=code < 0 or 400 <= code < 500)


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
