"""Assistant -> FastAPI: the API, the widget, the demo blog and the chat page behind one set of guards."""

import gc
from socket import AF_INET, AF_INET6, create_server, socket

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi_offline import FastAPIOffline

from assistant.blog import blog_router
from assistant.chat_page import mount_page
from assistant.errors import ConfigurationError
from assistant.http_api import api_router
from assistant.problems import report_problems
from assistant.security import protect
from assistant.service import Assistant
from assistant.settings import Settings
from assistant.widget import load_script

_DESCRIPTION = "Questions about articles, in Indonesian or English, answered with exact quotes."
_A_YEAR_S = 365 * 24 * 3600


def create_app(assistant: Assistant) -> FastAPI:
    """Everything that this assistant answers over HTTP, as one ASGI app."""
    app = FastAPIOffline(redoc_url=None, title="Tanya", description=_DESCRIPTION, swagger_ui_oauth2_redirect_url="/docs/closed")
    report_problems(app)
    app.include_router(api_router(assistant))
    app.include_router(blog_router(lambda: assistant.index.articles))
    app.add_api_route("/widget.js", send_widget, include_in_schema=False)
    mount_page(app, assistant, path="/")
    protect(app, assistant.settings)
    return app


def open_port(settings: Settings) -> socket:
    """Where the server will listen.

    Raises:
        ConfigurationError: another program listens there, or the address isn't this machine's.

    """
    try:
        return create_server((settings.host, settings.port), family=AF_INET6 if ":" in settings.host else AF_INET)
    except OSError as error:
        raise ConfigurationError(
            f"Nothing can listen on {settings.host}:{settings.port}: {error.strerror}. Choose another with --port or --host."
        ) from error


def serve(assistant: Assistant, listener: socket) -> None:
    """Serve until interrupted."""
    # Forwarded addresses are read by the app itself, and only from the proxies that the settings name.
    config = uvicorn.Config(create_app(assistant), proxy_headers=False, server_header=False, log_level="warning")
    config.load()
    gc.collect()
    gc.freeze()  # what stays until the end is not looked through again and again: a third of the time under load
    uvicorn.Server(config).run(sockets=[listener])


async def send_widget(request: Request, v: str = "") -> Response:
    """The widget's script: for good under its version, else until the next one."""
    script = load_script()
    lasting = f"public, max-age={_A_YEAR_S}, immutable" if v == script.version else "no-cache"
    headers = {"Cache-Control": lasting, "ETag": f'"{script.version}"', "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(script.compressed, media_type="text/javascript", headers={**headers, "Content-Encoding": "gzip"})
    return Response(script.content, media_type="text/javascript", headers=headers)
