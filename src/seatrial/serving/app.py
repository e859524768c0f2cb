"""The HTTP side: a path and a method to what answers them, with limits, over granian's RSGI."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from seatrial.core.errors import SeatrialError
from seatrial.records.decision import Aftermath
from seatrial.runtime.request import read_json
from seatrial.runtime.switch import Switch
from seatrial.serving.answers import TEXT, Reply, decided, failed, refused, reply
from seatrial.serving.desk import Desk
from seatrial.serving.metrics import Metrics
from seatrial.serving.openapi import document

MOST_BODY_BYTES = 1 << 20
MOST_BUSY = 1024
"""Requests that are answered at one time; another is told to come back."""
_DISCARD = 32
"""Times the limit: as much of a body that is too large is read and dropped, so that its sender reads why."""
_FIRST_FAILURE = 400
_CLOSE = ("connection", "close")
_log = logging.getLogger(__name__)

Handler = Callable[[bytes], Awaitable[Reply]]


class Scope(Protocol):
    """What RSGI says of a request; see granian's ``RSGI.md``."""

    method: str
    path: str
    headers: Any


class App:
    """Answers HTTP requests with a switch.

    Args:
        switch: What decides.
        max_body: Bytes of the largest body.
        replay: Whether a request may say when it happened.
    """

    def __init__(self, switch: Switch, *, max_body: int = MOST_BODY_BYTES, replay: bool) -> None:
        self._switch, self._max_body, self._replay = switch, max_body, replay
        self._desk = Desk(switch)
        self._metrics = Metrics(switch, busy=lambda: self.busy)
        self.busy = 0
        self.is_draining = False
        self._routes: Mapping[str, tuple[str, Handler]] = {
            "/predict": ("POST", self._predict),
            "/decide": ("POST", self._after(switch.person)),
            "/outcome": ("POST", self._after(switch.outcome)),
            "/event": ("POST", self._after(switch.event)),
            "/health": ("GET", self._health),
            "/ready": ("GET", self._ready),
            "/metrics": ("GET", self._text),
            "/openapi.json": ("GET", self._openapi),
            "/": ("GET", self._links),
        }

    async def __rsgi__(self, scope: Scope, proto: Any) -> None:
        """Answer one request."""
        self.busy += 1
        try:
            answer = await self._answer(scope, proto)
            if answer.status >= _FIRST_FAILURE:
                self._metrics.refused[answer.status] += 1
            headers = [*answer.headers, _CLOSE] if self.is_draining else list(answer.headers)
            proto.response_bytes(answer.status, headers, answer.body)
        finally:
            self.busy -= 1

    async def _answer(self, scope: Scope, proto: Any) -> Reply:
        found = self._routes.get(scope.path)
        if found is None:
            return refused(404, "there is nothing here", hint=f"there is {', '.join(self._routes)}")
        method, handler = found
        if scope.method != method:
            answer = refused(405, f"{scope.path} is asked with {method}, not with {scope.method}")
            return Reply(answer.status, answer.body, (*answer.headers, ("allow", method)))
        if method == "POST" and self.busy > MOST_BUSY:
            return refused(503, "too many requests are waiting", hint="come back in a second")
        try:
            body = b"" if method == "GET" else await self._body(scope, proto)
            return self._too_large() if body is None else await handler(body)
        except SeatrialError as error:
            return failed(error)
        except Exception as error:  # noqa: BLE001 — the caller gets an answer whatever happens
            _log.error("request_failed: %s", type(error).__name__, exc_info=error)
            return failed(error)

    async def _body(self, scope: Scope, proto: Any) -> bytes | None:
        """The body; None if it is too large, of which nothing is kept."""
        stated = scope.headers.get("content-length")
        if stated is not None and int(stated) <= self._max_body:
            body: bytes = await proto()
            return body
        if stated is not None and int(stated) > _DISCARD * self._max_body:
            return None
        parts, size = [], 0
        async for part in proto:
            size += len(part)
            if size > _DISCARD * self._max_body:
                break
            if size <= self._max_body and stated is None:
                parts.append(part)
        return b"".join(parts) if size <= self._max_body else None

    def _too_large(self) -> Reply:
        hint = "send fewer rows at a time"
        return refused(413, f"the body is over {self._max_body:,} bytes", field="body", hint=hint)

    async def _predict(self, body: bytes) -> Reply:
        force = self._switch.force
        requests, as_rows = force.reader.body(body)
        return decided(await self._desk.decide(requests, force), as_rows=as_rows)

    def _after(self, keep: Callable[[Any], list[Aftermath]]) -> Handler:
        async def answer(body: bytes) -> Reply:
            return reply({"accepted": len(keep(read_json(body)))}, status=202)

        return answer

    async def _health(self, _: bytes) -> Reply:
        return reply({"alive": True})

    async def _ready(self, _: bytes) -> Reply:
        if self.is_draining:
            return refused(503, "the server is about to stop")
        if not self._switch.is_writable:
            return refused(503, "the decision log can't be written", hint="make room")
        force = self._switch.force
        return reply({"ready": True, "release": force.digest, "number": force.manifest.release})

    async def _text(self, _: bytes) -> Reply:
        return Reply(200, self._metrics.text(), (TEXT,))

    async def _openapi(self, _: bytes) -> Reply:
        manifest = self._switch.force.manifest
        return reply(document(manifest, replay=self._replay))

    async def _links(self, _: bytes) -> Reply:
        manifest = self._switch.force.manifest
        links = {path.strip("/"): path for path in self._routes if path != "/"}
        return reply({"project": manifest.project, "release": manifest.release, "links": links})
