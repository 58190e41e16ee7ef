"""Everything the server answers, and what it keeps closed."""

import gzip
import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlsplit

import anyio
import httpx
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client

from assistant.blog import render_post
from assistant.security import find_opening
from assistant.server import create_app
from assistant.widget import load_script
from tests.serving import serving, with_settings

# Gradio's own threads use what pandas deprecates.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

BLOG = "https://blog.example"
SLUG = "bpo-vs-call-center"

OPEN = set(
    """\
GET /
GET /api/articles
POST /api/ask
GET /api/health
GET /assets/{path:path}
GET /blog/{slug}
GET /config
GET /docs
GET /favicon.ico
POST /gradio_api/call/{api_name}
GET /gradio_api/call/{api_name}/{event_id}
POST /gradio_api/cancel
GET /gradio_api/heartbeat/{session_hash}
GET /gradio_api/info
MOUNT /gradio_api/mcp
GET /gradio_api/queue/data
POST /gradio_api/queue/join
POST /gradio_api/reset
GET /openapi.json
MOUNT /static-offline-docs
GET /static/{path:path}
GET /theme.css
GET /widget.js
""".splitlines()
)

CLOSED = set(
    """\
GET /docs/closed
POST /gradio_api/api/{api_name}
GET /gradio_api/app_id
POST /gradio_api/call/v2/{api_name}
GET /gradio_api/call/v2/{api_name}/{event_id}
POST /gradio_api/component_server
GET /gradio_api/custom_component/{id}/{environment}/{type}/{file_name}
GET /gradio_api/deep_link
GET /gradio_api/dev/reload
GET /gradio_api/file/{path:path}
GET /gradio_api/file={path_or_url:path}
GET /gradio_api/login_check
GET /gradio_api/mcp/schema
GET /gradio_api/mcp/sse
MOUNT /gradio_api/mcp/messages
GET /gradio_api/openapi.json
POST /gradio_api/process_recording
GET /gradio_api/proxy={url_path:path}
GET /gradio_api/queue/status
POST /gradio_api/run/{api_name}
GET /gradio_api/runs
GET /gradio_api/startup-events
POST /gradio_api/stream/{event_id}
POST /gradio_api/stream/{event_id}/close
GET /gradio_api/stream/{session_hash}/{run}/{component_id}/playlist-file
GET /gradio_api/stream/{session_hash}/{run}/{component_id}/playlist.m3u8
GET /gradio_api/stream/{session_hash}/{run}/{component_id}/{segment_id}.{ext}
GET /gradio_api/theme.css
GET /gradio_api/token
POST /gradio_api/undo-vibe-edit
POST /gradio_api/upload
GET /gradio_api/upload_progress
GET /gradio_api/user
GET /gradio_api/vibe-code
POST /gradio_api/vibe-code
POST /gradio_api/vibe-edit
POST /gradio_api/vibe-starter-queries
POST /login
GET /logout
GET /manifest.json
GET /monitoring
GET /monitoring/summary
GET /monitoring/{key}
GET /pwa_icon
GET /pwa_icon/{size}
GET /robots.txt
GET /svelte/{path:path}
""".splitlines()
)


@pytest.fixture(scope="module")
def served(assistant):
    """The app and its address."""
    apps = []

    def make_app():
        apps.append(create_app(with_settings(assistant, allowed_origins=[BLOG])))
        return apps[0]

    with serving(make_app) as address:
        yield apps[0], address


@pytest.fixture(scope="module")
def address(served):
    return served[1]


@pytest.fixture(scope="module")
def client(address):
    with httpx.Client(base_url=address) as client:
        yield client


def routes_of(routes, prefix: str = "") -> set[str]:
    """Every method and path, those of mounted apps and included routers too."""
    found = set()
    for route in routes:
        path = prefix + getattr(route, "path", "")
        if hasattr(route, "original_router"):
            found |= routes_of(route.original_router.routes, prefix + getattr(route.include_context, "prefix", ""))
        elif getattr(getattr(route, "app", None), "routes", None):
            found |= routes_of(route.app.routes, path)
        else:
            methods = set(getattr(route, "methods", None) or {"MOUNT"}) - {"HEAD"}
            found |= {f"{method} {path.rstrip('/') or '/'}" for method in methods}
    return found


def example(path: str) -> str:
    return re.sub(r"\{.*?\}", "x", path)


def test_every_route_of_the_app_is_known_to_be_open_or_closed(served):
    """A new release of Gradio may bring a route: decide whether it is open, in assistant/security.py, and list it here."""
    app, _ = served
    assert routes_of(app.routes) == OPEN | CLOSED
    for route in OPEN | CLOSED:
        method, path = route.split(" ")
        if method != "MOUNT":
            assert (find_opening(example(path), method) is not None) == (route in OPEN), route


@pytest.mark.parametrize("route", sorted(CLOSED))
def test_a_closed_route_answers_nothing(client, route):
    method, path = route.split(" ")
    response = client.request(method, example(path), content=b"{}" if method == "POST" else None)
    assert response.status_code in (404, 405)
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=https://example.com/",
        "/gradio_api/proxy=https://example.com",
        "/static/../../etc/passwd",
        "/static/%2e%2e/%2e%2e/x",
        "/assets/..%2fx",
        "//evil.example",
        "/widget.js/",
        "/widgetxjs",
        "/blog/no-such-article",
    ],
)
def test_no_odd_path_leads_anywhere(address, path):
    with httpx.Client() as client:
        request = client.build_request("GET", address)
        request.url = request.url.copy_with(raw_path=path.encode())
        assert client.send(request).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("GET", "/config", 200),
        ("GET", "/api/health", 200),
        ("GET", f"/blog/{SLUG}", 200),
        ("GET", "/widget.js", 200),
        ("GET", "/docs", 200),
        ("GET", "/no-such-page", 404),
        ("GET", "/api/ask", 405),
        ("POST", "/api/ask", 422),
    ],
)
def test_every_response_bears_the_security_headers(client, method, path, status):
    response = client.request(method, path)
    assert response.status_code == status
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert "frame-ancestors" in response.headers["content-security-policy"]
    if status == 405:
        assert response.headers["allow"] == "POST"


def test_the_page_may_be_framed_by_allowed_sites_only(client):
    assert client.get("/").headers["content-security-policy"].endswith(f"frame-ancestors 'self' {BLOG}")
    assert client.get("/docs").headers["content-security-policy"].endswith("frame-ancestors 'none'")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", BLOG + ".evil.example", BLOG.upper() + "x", "http://blog.example"]
)
@pytest.mark.parametrize("path", ["/api/ask", "/gradio_api/queue/join", "/gradio_api/call/chat", "/gradio_api/mcp/"])
def test_a_foreign_site_is_refused(client, origin, path):
    headers = {"Origin": origin, "Content-Type": "application/json"}
    response = client.post(path, headers=headers, content=b'{"question": "What is BPO?"}')
    assert response.status_code == 403
    assert "access-control-allow-origin" not in response.headers
    preflight = client.options(path, headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    assert preflight.status_code == 400
    assert "access-control-allow-origin" not in preflight.headers


@pytest.mark.parametrize(
    "path", ["/", "/config", "/api/articles", "/widget.js", "/gradio_api/info", f"/blog/{SLUG}", "/no-such-page"]
)
def test_a_foreign_site_can_read_nothing(client, path):
    headers = client.get(path, headers={"Origin": "https://evil.example"}).headers
    assert not [name for name in headers if name.startswith("access-control-allow")]


def test_an_allowed_site_and_the_own_page_are_let_in(client, address):
    for origin in (BLOG, address):
        response = client.post("/api/ask", json={"question": "What is BPO?"}, headers={"Origin": origin})
        assert response.status_code == 200
        assert response.headers.get("access-control-allow-origin") == (BLOG if origin == BLOG else None)
        assert "access-control-allow-credentials" not in response.headers
    preflight = {"Origin": BLOG, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    assert client.options("/api/ask", headers=preflight).status_code == 200


def test_a_websocket_is_closed(address):
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "x" * 22 + "==",
    }
    assert httpx.get(f"{address}/gradio_api/queue/join", headers=headers).status_code in (403, 405)


def test_the_widget_is_small_and_cached_by_version(client):
    script = load_script()
    assert len(script.compressed) < 20_000
    response = client.get(script.path, headers={"Accept-Encoding": "gzip"})
    assert response.headers["content-encoding"] == "gzip"
    assert response.content == script.content == gzip.decompress(script.compressed)
    assert "immutable" in response.headers["cache-control"]
    plain = client.get("/widget.js", headers={"Accept-Encoding": "identity"})
    assert plain.content == script.content
    assert plain.headers["cache-control"] == "no-cache"
    assert client.get("/widget.js?v=of-yesterday").headers["cache-control"] == "no-cache"
    assert client.get("/widget.js", headers={"If-None-Match": plain.headers["etag"]}).status_code == 304
    assert b"innerHTML" not in script.content
    assert not re.search(rb"https?://(?!www\.w3\.org/2000/svg)", script.content)


def test_the_demo_blog_shows_every_sentence_and_the_widget(assistant):
    article = assistant.index.articles[SLUG]
    html = render_post(article)
    shown = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    for block in article.blocks:
        for sentence in block.sentences:
            assert sentence.text in shown
    assert f'<script src="{load_script().path}" data-article="{SLUG}" defer></script>' in html


def test_the_api_is_documented_without_a_foreign_host(client):
    assert set(client.get("/openapi.json").json()["paths"]) == {"/api/ask", "/api/articles", "/api/health"}
    page = client.get("/docs").text
    assert re.findall(r'(?:src|href)="([^"]+)"', page)
    for url in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert not urlsplit(url).netloc
        assert client.get(url).status_code == 200


def test_the_chat_page_answers_behind_the_guards(address, browser):
    complaints = []
    with closing(browser.new_page()) as page:
        page.on("response", lambda response: response.status >= 400 and complaints.append(response.url))
        page.on("requestfailed", lambda request: complaints.append(f"{request.url} {request.failure}"))
        page.on("request", lambda request: request.url.startswith((address, "data:", "blob:")) or complaints.append(request.url))
        page.goto(address)
        page.locator("textarea").first.fill("Apa singkatan BPO?")
        page.keyboard.press("Enter")
        page.get_by_text("BPO adalah singkatan dari").first.wait_for()
    assert [text for text in complaints if "ERR_ABORTED" not in text] == []


def test_mcp_clients_can_ask(address):
    async def ask() -> tuple[list[str], str]:
        async with (
            streamablehttp_client(f"{address}/gradio_api/mcp/") as (receive, send, _),
            ClientSession(receive, send) as session,
        ):
            await session.initialize()
            tools = (await session.list_tools()).tools
            result = await session.call_tool("ask", {"question": "What is BPO?"})
            return [tool.name for tool in tools], result.content[0].text

    with ThreadPoolExecutor(1) as thread:  # the browser's loop runs in this one
        tools, text = thread.submit(anyio.run, ask).result()
    assert set(tools) == {"ask", "chat"}
    answer = json.loads(text)
    assert answer["answered"]
    assert "business process outsourcing" in answer["text"]
    assert answer["citations"][0]["quote"]
