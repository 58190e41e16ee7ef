"""Errors -> application/problem+json (RFC 9457): what the caller did wrong or may retry, never what is inside."""

import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.errors import QuestionError

_log = logging.getLogger(__name__)


class Problem(BaseModel):
    """An error as every door of the server reports it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""


def problem(status: int, detail: str = "") -> Problem:
    """The problem with the standard title of its status."""
    return Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)


def problem_response(status: int, detail: str = "", headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The problem as a response."""
    return JSONResponse(
        problem(status, detail).model_dump(), status, headers=dict(headers or {}), media_type="application/problem+json"
    )


def report_problems(app: FastAPI) -> None:
    """Make the errors that callers cause problems."""
    for kind in (HTTPException, RequestValidationError, QuestionError):
        app.add_exception_handler(kind, _report)


async def _report(request: Request, error: Exception) -> JSONResponse:
    match error:
        case HTTPException(status_code=400):
            # FastAPI's word for JSON that it can't read for other reasons than its syntax, such as its depth.
            return problem_response(422, error.detail)
        case HTTPException():
            return problem_response(error.status_code, error.detail, error.headers)
        case RequestValidationError():
            faults = (f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()[:5])
            return problem_response(422, "; ".join(faults))
        case _:
            return problem_response(422, str(error))


class Failures:
    """Makes a failure of ours a problem that says nothing of the inside; that is for the log."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and answer for what fails on it."""
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception:
            if started or scope["type"] != "http":
                raise
            _log.exception("A request failed.")
            await problem_response(500, "The server failed; the failure is in its log.")(scope, receive, send)
