"""Who is answered, and with what headers."""

import pytest
from litestar.testing import TestClient

import seatrial
from seatrial.web.access import Access
from seatrial.web.app import create
from seatrial.web.server import start

HERE = "http://127.0.0.1:8765"
TOKEN = "a-token-for-the-desk"


@pytest.fixture
def here(trained):
    """A client of pages that only this machine may see."""
    project = seatrial.open(trained)
    with TestClient(create(project), base_url=HERE) as client:
        yield client
    project.close()


@pytest.fixture
def elsewhere(trained):
    """A client of pages that need a token."""
    project = seatrial.open(trained)
    app = create(project, access=Access(TOKEN))
    with TestClient(app, base_url="http://desk.example:8765") as client:
        yield client
    project.close()


def test_this_machine_needs_no_token(here):
    assert here.get("/").status_code == 200


@pytest.mark.parametrize("name", ["127.0.0.1:8765", "localhost:8765", "localhost", "[::1]:8765"])
def test_this_machine_has_several_names(here, name):
    assert here.get("/", headers={"host": name}).status_code == 200


@pytest.mark.parametrize(
    "name", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example:8765", ""]
)
def test_another_name_that_points_here_is_refused(here, name):
    answer = here.get("/index.json", headers={"host": name})
    assert answer.status_code == 421
    assert "precision" not in answer.text


@pytest.mark.parametrize(
    "path", ["/", "/index.json", "/claims/precision", "/static/seatrial.css", "/nowhere"]
)
def test_without_the_token_nothing_is_shown(elsewhere, path):
    answer = elsewhere.get(path)
    assert answer.status_code == 401
    assert "shop" not in answer.text


def test_the_token_may_come_as_a_header(elsewhere):
    assert elsewhere.get("/", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200


@pytest.mark.parametrize("shown", ["Bearer wrong", f"Basic {TOKEN}", "Bearer", TOKEN, "Bearer ünï"])
def test_a_wrong_header_is_refused(elsewhere, shown):
    answer = elsewhere.get("/", headers={"authorization": shown.encode("latin-1")})
    assert answer.status_code == 401


def test_a_token_in_the_address_is_exchanged_for_a_cookie(elsewhere):
    answer = elsewhere.get(f"/watch?token={TOKEN}&windows=4", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/watch?windows=4"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert TOKEN not in cookie
    assert elsewhere.get("/watch").status_code == 200


def test_an_exchange_never_leads_away(elsewhere):
    answer = elsewhere.get(f"//evil.example/?token={TOKEN}", follow_redirects=False)
    assert not answer.headers.get("location", "/").startswith("//")


def test_a_wrong_token_in_the_address_is_refused(elsewhere):
    answer = elsewhere.get("/?token=wrong", follow_redirects=False)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


def test_a_cookie_of_another_process_is_refused(elsewhere):
    assert elsewhere.get("/", headers={"cookie": "seatrial=made-up"}).status_code == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_nothing_can_be_changed(here, method):
    answer = here.request(method, "/")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


def test_head_is_answered_without_a_body(here):
    answer = here.head("/")
    assert answer.status_code == 200
    assert answer.content == b""


@pytest.mark.parametrize("path", ["/", "/index.json", "/static/seatrial.js", "/nowhere"])
def test_every_answer_bears_the_policy(here, path):
    policy = here.get(path).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert here.get(path).headers["x-content-type-options"] == "nosniff"


def test_a_file_beside_the_stylesheet_is_not_served(here):
    assert here.get("/static/..%2Fapp.py").status_code == 404
    assert here.get("/static/app.py").status_code == 404


def test_another_host_without_a_token_is_a_mistake_of_ours(trained):
    with pytest.raises(ValueError, match=r"0\.0\.0\.0"):
        start(seatrial.open(trained), 0, host="0.0.0.0")


def test_with_a_token_another_host_is_served(trained, browser):
    project = seatrial.open(trained)
    handle = start(project, 0, host="0.0.0.0", token=TOKEN)
    try:
        page = browser.new_page()
        page.goto(handle.address)
        assert "token" not in page.url
        assert page.locator("h1").inner_text().startswith("Every claim holds")
        page.get_by_role("link", name="Readiness").first.click()
        assert page.locator("h1").inner_text().startswith("Readiness is")
        page.close()
    finally:
        handle.stop()
        project.close()
