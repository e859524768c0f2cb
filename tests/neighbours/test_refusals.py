"""What a server refuses, or fails at, is a sentence with a way out; credentials are in none of them."""

import base64
import socket
import sys

import pytest

from seatrial.core.errors import MissingExtraError, NotFoundError, SeatrialError, UserError
from seatrial.neighbours.mlflow import Tracking
from seatrial.neighbours.mlflow_http import Server, redacted

CALL = "experiments/get-by-name"


def told(server, **options) -> SeatrialError:
    with pytest.raises(SeatrialError) as caught:
        Tracking(Server(server.address, **options)).experiment("churn")
    return caught.value


@pytest.mark.parametrize(
    ("status", "document", "words"),
    [
        (401, "You are not authenticated", "MLFLOW_TRACKING_USERNAME"),
        (403, {"error_code": "PERMISSION_DENIED", "message": "Permission denied"}, "denied"),
        (403, "Invalid Host header - possible DNS rebinding attack", "Invalid Host header"),
        (404, "<html>Not Found</html>", "version 2.4 or newer"),
        (404, {"error_code": "ENDPOINT_NOT_FOUND", "message": "no"}, "version 2.4 or newer"),
        (400, {"error_code": "INVALID", "message": "name is too long.\nTrace"}, "name is too long"),
        (500, "oh dear", "refused `experiments/get-by-name` (500)"),
        (200, "<html>Welcome to the shop</html>", "must be an MLflow server"),
        (200, [1, 2], "must be an MLflow server"),
    ],
)
def test_a_refusal_is_a_sentence_of_the_users_input(server, status, document, words):
    server.on(CALL, document, status=status)
    error = told(server)
    assert (error.exit_code, type(error)) == (2, UserError)
    assert words in str(error)
    assert server.address in str(error)
    assert "Trace" not in str(error)


def test_an_older_server_is_told_which_call_it_lacks(server):
    with pytest.raises(UserError, match="doesn't know `runs/log-inputs`"):
        Server(server.address).post("runs/log-inputs", {})


def test_nobody_there_is_told_with_the_command_that_starts_one():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        with pytest.raises(UserError, match=r"no MLflow server.*mlflow server --port"):
            Server(f"http://127.0.0.1:{held.getsockname()[1]}").get(CALL)


def test_a_server_that_is_silent_is_not_waited_for(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "0.05")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(UserError, match=r"did not answer within 0\.05 s"):
            Server(f"http://127.0.0.1:{silent.getsockname()[1]}").get(CALL)


def test_an_experiment_that_is_not_there_is_told_with_the_nearest(server):
    server.on(CALL, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "none"}, status=404)
    server.on("experiments/search", {"experiments": [{"name": "churm"}, {"name": "Default"}]})
    error = told(server)
    assert (type(error), error.exit_code) == (NotFoundError, 4)
    assert "nearest: churm" in str(error)


def test_a_deleted_experiment_is_neither_used_nor_made_again(server):
    deleted = {"experiment": {"experiment_id": "3", "lifecycle_stage": "deleted"}}
    server.on(CALL, deleted)
    with pytest.raises(NotFoundError, match="was deleted"):
        Tracking(Server(server.address)).make_experiment("churn")
    assert [call for _, call, *_ in server.asked] == [CALL]


def test_a_moved_server_is_told_with_its_address_and_nothing_is_sent_there(server):
    server.on(CALL, "", status=302, Location="https://ada:word@elsewhere/mlflow?token=abc")
    error = told(server)
    assert "write: https://elsewhere/mlflow" in str(error)
    assert "word" not in str(error)
    assert "abc" not in str(error)


def test_a_server_that_says_later_is_asked_again(server):
    found = {"experiment": {"experiment_id": "7"}}
    server.answers[CALL] = [(503, "busy", {"Retry_After": "0"}), (200, found, {})]
    assert Tracking(Server(server.address)).experiment("churn") == "7"
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "address",
    ["databricks", "sqlite:///mlflow.db", "./mlruns", "ftp://host", "http://", "http://[::1", ""],
)
def test_an_address_of_no_server_is_refused_before_anything_is_sent(address):
    with pytest.raises(UserError, match="is not the address of an MLflow server"):
        Server(address)


def test_an_address_with_a_password_is_refused_and_not_repeated():
    with pytest.raises(UserError, match="MLFLOW_TRACKING_PASSWORD") as caught:
        Server("https://ada:open-sesame@host:5000/mlflow?key=k1")
    assert "open-sesame" not in str(caught.value)
    assert "ada" not in str(caught.value)


def test_what_a_server_says_is_repeated_without_passwords(server):
    said = "can't write to postgresql://ada:open-sesame@db/mlflow"
    server.on(CALL, {"error_code": "INTERNAL_ERROR", "message": said}, status=500)
    assert "postgresql://***@db/mlflow" in str(told(server))
    assert redacted("http://host/a@b") == "http://host/a@b"


@pytest.mark.parametrize(
    ("variables", "header"),
    [
        ({}, None),
        ({"TOKEN": "t0ken"}, "Bearer t0ken"),
        (
            {"USERNAME": "ada", "PASSWORD": "wörd"},
            f"Basic {base64.b64encode('ada:wörd'.encode()).decode()}",
        ),
        ({"USERNAME": "ada"}, None),
    ],
)
def test_credentials_come_from_mlflows_variables_alone(
    server, monkeypatch, tmp_path, variables, header
):
    (tmp_path / "netrc").write_text("default login eve password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name, value in variables.items():
        monkeypatch.setenv(f"MLFLOW_TRACKING_{name}", value)
    server.on(CALL, {"experiment": {"experiment_id": "7"}})
    Tracking(Server(server.address)).experiment("churn")
    assert server.asked[0][2].get("Authorization") == header


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "requests", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'seatrial\[mlflow\]'"):
        Server("http://127.0.0.1:5000")


def test_a_timeout_that_is_no_number_names_the_variable(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "soon")
    with pytest.raises(UserError, match="MLFLOW_HTTP_REQUEST_TIMEOUT"):
        Server("http://127.0.0.1:5000")
