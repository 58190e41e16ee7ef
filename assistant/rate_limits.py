"""How many questions an address, a site and everybody together may ask."""

import ipaddress
import math
import time
from urllib.parse import urlsplit

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.requests import HTTPConnection

from assistant.settings import Settings


class QuestionLimits:
    """The limits of this process; kept in memory, so that several processes allow several times as much."""

    def __init__(self, settings: Settings) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        limits = {"address": settings.limit_per_address, "site": settings.limit_per_site, "total": settings.limit_total}
        self._limits: dict[str, RateLimitItem] = {name: parse(limit) for name, limit in limits.items() if limit != "off"}

    def wait_for(self, connection: HTTPConnection) -> int | None:
        """Count a question; the seconds to wait if it is one too many."""
        callers = {"address": _address(connection), "site": _site(connection), "total": ""}
        for name, limit in self._limits.items():
            if not self._limiter.hit(limit, name, callers[name]):
                window = self._limiter.get_window_stats(limit, name, callers[name])
                return max(1, math.ceil(window.reset_time - time.time()))
        return None


def _address(connection: HTTPConnection) -> str:
    """Who asks: an IPv4 address, or the /64 network that one IPv6 connection usually has to itself."""
    host = connection.client.host if connection.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return host if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))


def _site(connection: HTTPConnection) -> str:
    """The site whose page asks; our own pages and programs share one."""
    origin = connection.headers.get("origin", "")
    return "" if urlsplit(origin).netloc == connection.headers.get("host") else origin
