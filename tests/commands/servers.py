"""Real servers on this machine that take messages, and may refuse, stall or drop some first."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Answer = tuple[int, dict[str, str], str]
OK: Answer = (200, {}, "ok")
STALL, DROP = "stall", "drop"


@dataclass
class Hook:
    """A webhook: what it was told, and what it still has to answer before it says ok."""

    address: str
    answers: list[Answer | str]
    bodies: list[bytes] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    reached: threading.Event = field(default_factory=threading.Event)


@contextmanager
def webhook(*answers: Answer | str) -> Iterator[Hook]:
    """A server with a secret path. ``stall`` never answers; ``drop`` closes the connection in place of an answer."""
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            hook.times.append(time.monotonic())
            answer = hook.answers.pop(0) if hook.answers else OK
            hook.reached.set()
            if isinstance(answer, str):
                if answer == STALL:
                    ended.wait(60)
                self.close_connection = True
                return
            status, headers, body = answer
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hook = Hook(f"http://127.0.0.1:{server.server_port}/services/T000/B000/s3cr3tpath", list(answers))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield hook
    ended.set()
    server.shutdown()
    server.server_close()


@dataclass
class Mailbox:
    """An SMTP server: what it took, and how it answers recipients before it takes any."""

    port: int = 0
    replies: list[str] = field(default_factory=list)
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Sequence[str]
    ) -> str:
        reply = self.replies.pop(0) if self.replies else "250 OK"
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.taken.append((envelope.rcpt_tos[0], message_from_bytes(content, _class=EmailMessage, policy=default)))
        return "250 taken"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        self.logins.append(data.password)
        return AuthResult(success=True)


@contextmanager
def mail_server(*replies: str, certificate: Path | None = None) -> Iterator[Mailbox]:
    """A server that asks for a password and answers the first recipients with ``replies``.

    ``certificate``: it takes nothing before STARTTLS, and shows this file with its key.
    """
    box = Mailbox(replies=list(replies))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        box.port = free.getsockname()[1]
    asks = {"authenticator": box.authenticate, "auth_require_tls": certificate is not None, "auth_required": True}
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        asks |= {"tls_context": context, "require_starttls": True}
    controller = Controller(box, hostname="127.0.0.1", port=box.port, **asks)
    controller.start()
    yield box
    controller.stop()


def write_certificate(path: Path) -> Path:
    """A certificate for 127.0.0.1 that signs itself, and its key, in one file."""
    key, day = ec.generate_private_key(ec.SECP256R1()), timedelta(days=1)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - day, now + day)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(pem))
    return path
