"""MLflow's REST API over HTTP: refusals become sentences, and no credential leaves this module.

The API is spoken, not MLflow's own client: a client of version 3 is made for servers of version 3
alone (github.com/mlflow/mlflow/issues/16215), and brings 30 packages.

Credentials and certificates are read from MLflow's own environment variables and nowhere else:
``MLFLOW_TRACKING_USERNAME`` and ``MLFLOW_TRACKING_PASSWORD``, or ``MLFLOW_TRACKING_TOKEN``;
``MLFLOW_TRACKING_INSECURE_TLS``, ``MLFLOW_TRACKING_SERVER_CERT_PATH``,
``MLFLOW_TRACKING_CLIENT_CERT_PATH``; ``MLFLOW_HTTP_REQUEST_TIMEOUT`` in seconds.

Source:
    mlflow.org/docs/latest/api_reference/rest-api.html
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit

from seatrial.core.errors import MissingExtraError, NotFoundError, UserError

if TYPE_CHECKING:
    import requests

OLDEST = "2.4"
"""Aliases came with 2.3, dataset inputs with 2.4."""
PAGE = 1000
"""Entries of one answer to a search."""
_TIMEOUT_S = 120
_MOST_SIGNS = 200
_LOGIN = (
    "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, "
    "to somebody who may"
)
_CERTIFICATE = (
    "name its certificate in MLFLOW_TRACKING_SERVER_CERT_PATH, "
    "or set MLFLOW_TRACKING_INSECURE_TLS=true"
)
_USER_INFO = re.compile(r"(?<=://)[^/?#\s]*@")


def pairs(data: Mapping[str, Any], name: str) -> dict[str, str]:
    """Tags or parameters, as MLflow lists them, by key."""
    return {str(each["key"]): str(each.get("value", "")) for each in data.get(name, [])}


def listed(values: Mapping[str, str]) -> list[dict[str, str]]:
    """The same as MLflow takes them."""
    return [{"key": key, "value": value} for key, value in values.items()]


def redacted(text: str) -> str:
    """Text in which no address holds a name or a password.

    >>> redacted("cloned from https://ada:secret@host/repo.git")
    'cloned from https://***@host/repo.git'
    """
    return _USER_INFO.sub("***@", text)


class Server:
    """An MLflow server.

    Args:
        address: ``http://127.0.0.1:5000``.

    Raises:
        UserError: the address is none of a server, or holds credentials.
        MissingExtraError: what speaks HTTP is not installed.
    """

    def __init__(self, address: str) -> None:
        self.address = _checked(address)
        self._session = _session()
        self._timeout = _seconds("MLFLOW_HTTP_REQUEST_TIMEOUT", _TIMEOUT_S)

    def get(self, call: str, **query: str) -> dict[str, Any]:
        """Ask."""
        return self._api("GET", call, params=query)

    def post(self, call: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Tell."""
        return self._api("POST", call, json=body)

    def delete(self, call: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Take away."""
        return self._api("DELETE", call, json=body)

    def put_file(self, place: str, data: bytes) -> None:
        """Keep a file among the artifacts that the server passes on to its store."""
        path = f"api/2.0/mlflow-artifacts/artifacts/{quote(place)}"
        response = self._send("PUT", path, data=data)
        self._demand_done(response, "mlflow-artifacts")

    def version(self) -> str | None:
        """Which version it says that it is; None if it doesn't say."""
        response = self._send("GET", "version")
        said = response.text.strip()
        return said if response.ok and re.fullmatch(r"\d+\.\d+\.\w+", said) else None

    def _api(self, method: str, call: str, **options: Any) -> dict[str, Any]:
        """Call the API.

        Raises:
            NotFoundError: what was named isn't there.
            UserError: the server isn't reached, refuses, fails, or is none of MLflow.
        """
        response = self._send(method, f"api/2.0/mlflow/{call}", **options)
        self._demand_done(response, call)
        found = _parsed(response)
        if not isinstance(found, dict):
            raise self._stranger(call)
        return found

    def _send(self, method: str, path: str, **options: Any) -> requests.Response:
        import requests

        try:
            return self._session.request(
                method,
                f"{self.address}/{path}",
                timeout=self._timeout,
                allow_redirects=False,
                verify=_verify(),
                cert=os.environ.get("MLFLOW_TRACKING_CLIENT_CERT_PATH") or None,
                **options,
            )
        except requests.exceptions.SSLError:
            fact = "the server's certificate is not trusted"
            raise UserError(fact, where=self.address, hint=_CERTIFICATE) from None
        except requests.exceptions.Timeout:
            fact = f"the MLflow server did not answer within {self._timeout:g} s"
            hint = "try again; the same command goes on where this one stopped"
            raise UserError(fact, where=self.address, hint=hint) from None
        except (requests.exceptions.RequestException, OSError, ValueError):
            hint = "start one with: mlflow server --port 5000"
            raise UserError(
                "no MLflow server can be reached there", where=self.address, hint=hint
            ) from None

    def _demand_done(self, response: requests.Response, call: str) -> None:
        if response.ok and not response.is_redirect and not response.is_permanent_redirect:
            return
        raise self._refusal(response, call)

    def _refusal(self, response: requests.Response, call: str) -> Exception:
        body = _parsed(response)
        told = body if isinstance(body, dict) else {}
        said = _sentence(str(told.get("message", "")))
        code, where = told.get("error_code"), self.address
        if code == "RESOURCE_DOES_NOT_EXIST":
            return NotFoundError(f"it isn't there: {said}", where=where)
        match response.status_code:
            case 401:
                return UserError("the MLflow server asks who you are", where=where, hint=_LOGIN)
            case 403:
                because = f": {said or _sentence(response.text)}".rstrip(": ")
                fact = f"the MLflow server doesn't allow `{call}`{because}"
                return UserError(fact, where=where, hint=_LOGIN)
            case 404 | 405 | 501:
                return self._stranger(call)
            case status if status < HTTPStatus.BAD_REQUEST:
                goes = _checked(response.headers.get("Location", ""), strict=False)
                return UserError("the server is elsewhere", where=where, hint=f"write: {goes}")
        fact = f"the MLflow server refused `{call}` ({response.status_code})"
        return UserError(f"{fact}: {said}" if said else fact, where=where)

    def _stranger(self, call: str) -> UserError:
        hint = f"it must be an MLflow server, version {OLDEST} or newer"
        return UserError(f"what answers there doesn't know `{call}`", where=self.address, hint=hint)


def _checked(address: str, *, strict: bool = True) -> str:
    """An address without credentials, query and last slash."""
    try:
        parts = urlsplit(address)
        host, has_login = parts.hostname, parts.username is not None
    except ValueError:
        host, has_login, parts = None, False, urlsplit("")
    bare = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    if strict and (parts.scheme not in {"http", "https"} or not host):
        fact = f"`{redacted(address)}` is not the address of an MLflow server"
        hint = "write it as http://127.0.0.1:5000; for a database, start: mlflow server --backend-store-uri DATABASE"
        raise UserError(fact, hint=hint)
    if strict and has_login:
        raise UserError(
            "the address holds a name or a password; they end in histories and lists of processes",
            where=redacted(address),
            hint=_LOGIN.removesuffix(", to somebody who may"),
        )
    return bare.rstrip("/")


def _session() -> requests.Session:
    try:
        import requests
    except ImportError as error:
        raise MissingExtraError("MLflow", extra="mlflow") from error
    session = requests.Session()
    session.auth = _authorization()  # also keeps requests from looking into ~/.netrc
    patient = requests.adapters.HTTPAdapter(max_retries=_retries())
    session.mount("http://", patient)
    session.mount("https://", patient)
    return session


def _retries() -> Any:
    """A server that says "later" was told nothing, so it may be told again."""
    from urllib3.util import Retry

    return Retry(
        total=4,
        connect=0,
        read=False,  # so that a time-out is told from a refused connection
        backoff_factor=0.5,
        status_forcelist=(429, 503),
        allowed_methods=None,
        raise_on_status=False,
    )


def _authorization() -> Callable[[Any], Any]:
    token = os.environ.get("MLFLOW_TRACKING_TOKEN")
    name = os.environ.get("MLFLOW_TRACKING_USERNAME")
    word = os.environ.get("MLFLOW_TRACKING_PASSWORD")
    header = f"Bearer {token}" if token else ""
    if name and word:
        header = f"Basic {base64.b64encode(f'{name}:{word}'.encode()).decode()}"

    def authorize(request: Any) -> Any:
        if header:
            request.headers["Authorization"] = header
        return request

    return authorize


def _verify() -> bool | str:
    if os.environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in {"true", "1"}:
        return False
    return os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH") or True


def _seconds(name: str, default: float) -> float:
    given = os.environ.get(name)
    try:
        found = float(given) if given else default
    except ValueError:
        found = 0.0
    if found <= 0:
        raise UserError(f"it is no number of seconds: {given}", where=name, hint="write 120")
    return found


def _parsed(response: requests.Response) -> Any:
    try:
        return json.loads(response.content or b"{}")
    except ValueError:
        return None


def _sentence(text: str) -> str:
    """The first line of what a server says, cut and without credentials."""
    first = redacted(text.strip().partition("\n")[0]).rstrip(". ")
    return first if len(first) <= _MOST_SIGNS else f"{first[: _MOST_SIGNS - 1]}…"
