"""A message to a Slack channel by an incoming webhook, whose address is a secret.

Slack answers 200, or 429 with the seconds to wait (https://docs.slack.dev/apis/web-api/rate-limits), or an error in a
word. A server that answers 500 or 503 refused; a gateway's 502 or 504 says that it does not know.
"""

from __future__ import annotations

import ssl
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationParseError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
    URLSchemeUnknown,
)
from urllib3.util import Retry, Timeout

from pipeline.deliver.transport import NotSent, Uncertain, answer

_REFUSED = (500, 503)
_UNKNOWN = (502, 504)


def post(address: str, payload: bytes, timeout: float) -> None:
    """Posts a JSON payload. Raises NotSent or Uncertain; neither says where to."""
    headers = {"Content-Type": "application/json; charset=utf-8"}
    try:
        with _pool(address, timeout) as pool:
            found = pool.request("POST", address, body=payload, headers=headers, redirect=False, retries=False)
    except LocationParseError:
        raise NotSent("not a web address") from None
    except SSLError as error:
        if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in error.args):
            raise NotSent("the server's certificate could not be verified") from None
        raise Uncertain("the encrypted connection broke") from None
    except URLSchemeUnknown:
        raise NotSent("the proxy that the environment names is no http address") from None
    except (NewConnectionError, ConnectTimeoutError, ProxyError):
        raise NotSent("no connection", again=True) from None
    except ReadTimeoutError:
        raise Uncertain(f"no answer within {timeout:g} s") from None
    except HTTPError:
        raise Uncertain("the connection broke before an answer came") from None
    _judge(found.status, found.headers.get("Retry-After"), found.data)


def _judge(status: int, wait: str | None, data: bytes) -> None:
    """Returns where the message was taken."""
    if status == 200:
        return
    if status in _UNKNOWN:
        raise Uncertain(f"a gateway answered {status}")
    reason = f"answered {status}: {answer(data[:500].decode('utf-8', 'replace'))}".rstrip(": ")
    raise NotSent(reason, again=status == 429 or status in _REFUSED, after=_seconds(wait))


def _seconds(wait: str | None) -> float | None:
    """The pause that a server asks for; None where it asks for none that can be read."""
    try:
        return None if wait is None else float(Retry().parse_retry_after(wait))
    except urllib3.exceptions.InvalidHeader:
        return None


def _pool(address: str, timeout: float) -> urllib3.PoolManager:
    """Connections, by the proxy that the environment names for this server, if any."""
    parts = urlsplit(address)
    proxy = None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
    limits = Timeout(connect=timeout, read=timeout)
    return urllib3.ProxyManager(proxy, timeout=limits) if proxy else urllib3.PoolManager(timeout=limits)
