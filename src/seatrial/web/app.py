"""The pages as an application: read the facts, build one view, render one template."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, get, post
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ExceptionHandlersMap

from seatrial.core.digest import digest_bytes, short
from seatrial.core.errors import Fault, NotFoundError, SeatrialError
from seatrial.verbs.project import Project
from seatrial.web import (
    candidates,
    claims,
    dataset,
    errors,
    meter,
    overview,
    plan_file,
    production,
    releases,
    slices,
    tag,
)
from seatrial.web.access import Access, guarded
from seatrial.web.facts import Current, Facts
from seatrial.web.frame import bare_frame, frame
from seatrial.web.render import Renderer

Asked = Request[Any, Any, Any]
View = Callable[[Facts, Mapping[str, str]], Any]
STATIC = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript"}
_TWIN = ".json"
_FRESH = {"cache-control": "private, no-cache"}
_log = logging.getLogger(__name__)

VIEWS: Mapping[str, tuple[str, View]] = {
    "": ("overview.html", overview.view),
    "claims": ("claims.html", claims.view),
    "claims/{name:str}": ("claim.html", claims.one),
    "readiness": ("readiness.html", meter.view),
    "data": ("data.html", dataset.view),
    "candidates": ("candidates.html", candidates.view),
    "compare": ("compare.html", candidates.compared),
    "slices": ("slices.html", slices.view),
    "rows": ("rows.html", slices.rows),
    "errors": ("errors.html", errors.view),
    "errors/{name:str}": ("tag.html", tag.view),
    "releases": ("releases.html", releases.view),
    "watch": ("watch.html", production.view),
    "plan": ("plan.html", plan_file.view),
}
"""Template and view of each page, by path."""


def create(project: Project, *, access: Access | None = None) -> Litestar:
    """Make the application of a project's pages.

    Args:
        project: The project; it is opened again whenever its plan or its sources change.
        access: Who may see it; only this machine, without a token, if None.
    """
    current = Current(project)
    renderer = Renderer(
        short(digest_bytes(*(file.read_bytes() for file in sorted(STATIC.iterdir()))))
    )
    handlers: list[HTTPRouteHandler] = [
        _handler(path, template, view, current, renderer)
        for path, (template, view) in VIEWS.items()
    ]
    errors: ExceptionHandlersMap = {Exception: _errors(project, current, renderer)}
    app = Litestar(
        [*handlers, _tagging(current), _static, _elsewhere],
        exception_handlers=errors,
        openapi_config=None,
        logging_config=None,
        on_shutdown=[current.close],
    )
    app.asgi_handler = guarded(app.asgi_handler, access or Access())
    return app


def _handler(
    path: str, template: str, view: View, current: Current, renderer: Renderer
) -> HTTPRouteHandler:
    paths = [f"/{path}"]
    if "{" not in path:  # a claim's own name ends in its twin's suffix
        paths.append(f"/{path or 'index'}{_TWIN}")

    @get(paths, sync_to_thread=False, name=template)
    def handler(request: Asked) -> Response[bytes]:
        asked = {**request.query_params, **request.path_params}
        is_twin = request.url.path.endswith(_TWIN)
        if is_twin and "name" in asked:
            asked["name"] = asked["name"].removesuffix(_TWIN)
        facts = current()
        found = view(facts, asked)
        if is_twin:
            return Response(_json(found), media_type="application/json", headers=_FRESH)
        place = frame(facts, request.url.path.strip("/"), query=request.url.query)
        return _page(renderer.page(template, found, place))

    return handler


def _tagging(current: Current) -> HTTPRouteHandler:
    @post("/errors/tag", name="tagging", status_code=303)
    async def handler(request: Asked) -> Response[bytes]:
        form = await request.form()
        given = form.getall("tag", [])
        where = errors.tagged(
            current(),
            str(form.get("row", "")),
            [str(each) for each in given],
            toggle=str(form.get("toggle", "")),
            new=str(form.get("new", "")),
            case=str(form.get("case", "")),
            kind=str(form.get("of", "")),
            part=str(form.get("on", "")),
            is_next="next" in form,
        )
        return Response(b"", status_code=303, headers={"location": where})

    return handler


def _page(text: str, status: int = 200) -> Response[bytes]:
    return Response(text.encode(), status_code=status, media_type="text/html", headers=_FRESH)


def _json(view: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(view), indent=2)


@get("/static/{name:str}", sync_to_thread=False)
def _static(request: Asked) -> Response[bytes]:
    """The stylesheet or the script; their address holds a digest, so that they may be kept for good."""
    name = request.path_params["name"]
    files = {file.name: file for file in STATIC.iterdir()}
    if name not in files:
        raise NotFoundError(f"there is no file {name}")
    kept = {"cache-control": "private, max-age=31536000, immutable"}
    return Response(files[name].read_bytes(), media_type=_TYPES[files[name].suffix], headers=kept)


@get("/{path:path}", sync_to_thread=False)
def _elsewhere(request: Asked) -> None:
    """Any other address."""
    path = request.url.path
    raise NotFoundError(f"there is no page {path}", hint="the pages stand at the left")


def _errors(
    project: Project, current: Current, renderer: Renderer
) -> Callable[[Asked, Exception], Response[bytes]]:
    """Show what went wrong in the same look: fact, place, next step."""

    def show(request: Asked, error: Exception) -> Response[bytes]:
        status, faults = _told(error)
        if status == 500:  # noqa: PLR2004 — the status of a defect
            _log.error("page_failed", exc_info=error, extra={"path": request.url.path})
        if request.url.path.endswith(_TWIN):
            body = msgspec.json.encode({"status": status, "faults": faults})
            return Response(body, status_code=status, media_type="application/json")
        path = request.url.path.strip("/")
        try:
            place = frame(current(), path, twin=False)
        except SeatrialError:  # what failed is what every page rests on
            place = bare_frame(project, path)
        return _page(renderer.error(status, faults, place), status)

    return show


def _told(error: Exception) -> tuple[int, tuple[Fault, ...]]:
    if isinstance(error, SeatrialError):
        return error.http_status, error.faults
    if isinstance(error, HTTPException):
        return error.status_code, (Fault(error.detail),)
    hint = "this is a defect of Seatrial; please report it. The commands still work: seatrial check"
    return 500, (Fault(f"unexpected {type(error).__name__}: {error}", hint=hint),)
