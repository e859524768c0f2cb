"""Who may see the pages: anybody on this machine; from elsewhere, who has the token."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})
COOKIE = "seatrial"
METHODS = ("GET", "HEAD")
WRITES = frozenset({"/errors/tag"})
"""Addresses that a form of our own pages may be sent to; the others only show."""

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}
"""On every answer."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Handler = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Access:
    """The rule of who may see the pages.

    Attributes:
        token: What must be shown; None: nobody needs one, and only this machine is answered.
        session: Value of the cookie that a token in the address is exchanged for; of this process.
    """

    token: str | None = None
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    def is_known_host(self, host: str) -> bool:
        """Whether the name that a browser asked for is this machine's.

        A page elsewhere may point its own name at 127.0.0.1 and read what is served there (DNS rebinding);
        its name still stands in ``Host``. With a token the cookie belongs to the right name alone.
        """
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        return self.token is not None or name.lower() in LOOPBACK

    def may_see(self, headers: Mapping[str, str]) -> bool:
        """Whether a request carries the token, or the cookie that it was exchanged for."""
        if self.token is None:
            return True
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and _same(shown, self.token):
            return True
        return any(
            name == COOKIE and _same(value, self.session)
            for name, _, value in (
                each.strip().partition("=") for each in headers.get("cookie", "").split(";")
            )
        )

    def is_token(self, shown: str) -> bool:
        """Whether a token in the address is the right one."""
        return self.token is not None and _same(shown, self.token)


def is_own_form(headers: Mapping[str, str]) -> bool:
    """Whether a form was sent by a page of this address: a page elsewhere can't forge what a browser adds.

    >>> is_own_form({"host": "127.0.0.1:1", "origin": "http://127.0.0.1:1"})
    True
    >>> is_own_form({"host": "127.0.0.1:1", "origin": "http://evil.example"})
    False
    """
    sent_by = headers.get("sec-fetch-site")
    if sent_by is not None and sent_by != "same-origin":
        return False
    return headers.get("origin", "").partition("://")[2] == headers.get("host")


def guarded(app: Handler, access: Access) -> Handler:
    """An ASGI application that answers only who may see it, takes only our own forms, and bears :data:`HEADERS`.

    A token in the address (``?token=``) is exchanged for a cookie at once, so that it is neither kept
    in the browser's history nor sent on.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        token = next((value for name, value in query if name == "token"), None)
        send = _with_headers(send)
        if not access.is_known_host(headers.get("host", "")):
            await _refuse(
                send, 421, "This name is not served here. Open http://127.0.0.1 with the same port."
            )
        elif token is not None and access.is_token(token):
            await _exchange(send, scope["path"], query, access)
        elif not access.may_see(headers):
            await _refuse(
                send, 401, "A token is needed. Open the address that `seatrial ui` printed."
            )
        elif scope["method"] == "POST" and scope["path"] in WRITES:
            if is_own_form(headers):
                await app(scope, receive, send)
            else:
                await _refuse(send, 403, "This form was not sent by a page of this address.")
        elif scope["method"] not in METHODS:
            await _refuse(
                send, 405, "These pages only show. To change something, use the commands."
            )
        elif scope["method"] == "HEAD":
            await app({**scope, "method": "GET"}, receive, _bodiless(send))
        else:
            await app(scope, receive, send)

    return answer


def _same(shown: str, right: str) -> bool:
    return secrets.compare_digest(shown.encode(), right.encode())


async def _exchange(send: Send, path: str, query: list[tuple[str, str]], access: Access) -> None:
    rest = urlencode([(name, value) for name, value in query if name != "token"])
    cookie = f"{COOKIE}={access.session}; HttpOnly; SameSite=Strict; Path=/"
    where = f"/{path.lstrip('/')}{f'?{rest}' if rest else ''}"
    extra = [(b"location", where.encode()), (b"set-cookie", cookie.encode())]
    await _plain(send, 303, "", extra)


async def _refuse(send: Send, status: int, sentence: str) -> None:
    extra = {
        401: [(b"www-authenticate", b"Bearer")],
        405: [(b"allow", ", ".join(METHODS).encode())],
    }
    await _plain(send, status, f"{sentence}\n", extra.get(status, []))


async def _plain(send: Send, status: int, text: str, extra: list[tuple[bytes, bytes]]) -> None:
    body = text.encode()
    sizes = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": [*sizes, *extra]})
    await send({"type": "http.response.body", "body": body})


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            ours = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            message["headers"] = [*message["headers"], *ours]
        await send(message)

    return sending


def _bodiless(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return sending
