"""Every outgoing call of the functions: numbered, answered by the engine or the played services, and spoilt.

Two of botocore's own hooks do it: `before-call`, once for what the code asks, gives the number;
`before-send`, once for each try, gives the answer or the fault. Calls that are not AWS's (a channel is told,
a sender or an engineer is answered) are `point`s of their own in the same count.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from tests.crash.faults import THROTTLED_TRIES, Fault, ProcessDiedError

Served = Callable[[str, str, AWSPreparedRequest], tuple[int, dict[str, str], bytes]]
"""(service, operation, request) -> status, headers, body."""
Branch = Callable[["Call"], Fault | None]
"""Asked before each call: None to go on, or the fault that this run (a copy of the process) tries here."""


@dataclass(frozen=True, slots=True)
class Call:
    """One outgoing call: its number in the run, whose it is, and what it asks."""

    number: int
    function: str
    name: str


class Recorder:
    """Numbers calls while a function runs; outside of it (`function` is None) they pass unseen."""

    def __init__(self, serve: Served) -> None:
        self._serve = serve
        self.branch: Branch = lambda _call: None
        self.function: str | None = None
        self.armed = False
        self.calls: list[Call] = []
        self._fault: Fault | None = None
        self._tries = 0
        self._refusing = 0

    def attach(self, session: Any) -> None:
        """Every client that this botocore session makes from now on goes through here."""
        session.register("before-call", self._before_call)
        session.register("before-send", self._before_send)

    def point(self, name: str) -> Fault | None:
        """A call is about to be made: the fault that it shall suffer, if any."""
        self._fault, self._tries = None, 0
        if not self.armed or self.function is None:
            return None
        call = Call(len(self.calls), self.function, name)
        self.calls.append(call)
        self._fault = self.branch(call)
        if self._fault is Fault.THROTTLED:
            self._refusing = THROTTLED_TRIES
        return self._fault

    def refuses(self) -> bool:
        """Whether this try is one of those that are throttled for a while."""
        if self._refusing:
            self._refusing -= 1
            return True
        return False

    def _before_call(self, model: Any, **_: Any) -> None:
        self.point(f"{model.service_model.service_id.hyphenize()}.{model.name}")

    def _before_send(self, event_name: str, request: AWSPreparedRequest, **_rest: Any) -> AWSResponse:
        _, service, operation = event_name.split(".")
        self._tries += 1
        if self._fault is Fault.REFUSED or self.refuses():
            return _response(request, 400, {}, _throttled(service))
        answer = _response(request, *self._serve(service, operation, request))
        match self._fault:
            case Fault.DIED:
                raise ProcessDiedError
            case Fault.LOST if self._tries == 1:
                raise ConnectionClosedError(endpoint_url=request.url)
            case Fault.TIMED_OUT:
                raise ReadTimeoutError(endpoint_url=request.url)
        return answer


class _Raw(io.BytesIO):
    """A body as botocore reads it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _response(request: AWSPreparedRequest, status: int, headers: dict[str, str], body: bytes) -> AWSResponse:
    named: Any = headers
    return AWSResponse(request.url, status, named, _Raw(body))


def _throttled(service: str) -> bytes:
    kind = "RequestThrottled" if service == "sqs" else "ThrottlingException"
    return b'{"__type": "%s", "message": "Rate exceeded"}' % kind.encode()
