"""Errors -> application/problem+json (RFC 9457): what the caller did wrong or may retry, never what is inside."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from assistant.errors import QuestionError


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
    """Make every error that leaves the app a problem."""
    app.add_exception_handler(HTTPException, _http_problem)
    app.add_exception_handler(RequestValidationError, _unreadable_request)
    app.add_exception_handler(QuestionError, _unreadable_question)
    app.add_exception_handler(Exception, _failure)


async def _http_problem(request: Request, error: Any) -> JSONResponse:
    return problem_response(error.status_code, str(error.detail), error.headers)


async def _unreadable_request(request: Request, error: Any) -> JSONResponse:
    faults = (f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()[:5])
    return problem_response(422, "; ".join(faults))


async def _unreadable_question(request: Request, error: Exception) -> JSONResponse:
    return problem_response(422, str(error))


async def _failure(request: Request, error: Exception) -> JSONResponse:
    return problem_response(500, "The server failed; the failure is in its log.")
