"""Whether a service that failed may be called: a circuit breaker."""

import threading
import time


class Breaker:
    """Admits every call until some fail in a row; then, after each rest, one at a time until one succeeds."""

    def __init__(self, failures: int, rest_s: float) -> None:
        self._most, self._rest_s = failures, rest_s
        self._lock = threading.Lock()
        self._failures = 0
        self._rests_until = 0.0
        self._trial: object | None = None

    def admit(self) -> object | None:
        """A ticket for one call, to be given back; None while the service is left alone."""
        with self._lock:
            ticket = object()
            if self._failures >= self._most:
                if self._trial or time.monotonic() < self._rests_until:
                    return None
                self._trial = ticket
            return ticket

    def give_back(self, ticket: object, *, succeeded: bool | None) -> None:
        """What came of a call; None where it was left too early to tell, which changes nothing."""
        with self._lock:
            if ticket is self._trial:
                self._trial = None
            if succeeded:
                self._failures = 0
            elif succeeded is False:
                self._failures += 1
                self._rests_until = time.monotonic() + self._rest_s
