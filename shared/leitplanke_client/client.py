"""The client: one object for an installation's work API."""

import time
from collections.abc import Callable
from types import TracebackType

import httpx

from leitplanke_client.administration import AuditApi, IntegrationsApi, PolicyApi, QuarantineApi
from leitplanke_client.incidents import IncidentsApi
from leitplanke_client.operations import DeadLettersApi, GuardrailsApi
from leitplanke_client.problems import ProblemsApi
from leitplanke_client.transport import TIMEOUT_SECONDS, TRIES, Credential, Transport


class Client:
    """An installation's work API. It keeps connections: use it as a context manager, or `close()` it.

    `url` is the base URL without a path, `token` an access token of its identity provider, or what gives a
    fresh one for each request. `tries` counts the first as well. `http` replaces the network, for tests.
    """

    def __init__(
        self,
        url: str,
        token: Credential,
        *,
        timeout_s: float = TIMEOUT_SECONDS,
        tries: int = TRIES,
        sleep: Callable[[float], None] = time.sleep,
        http: httpx.BaseTransport | None = None,
    ) -> None:
        self._transport = Transport(url, token, timeout_s=timeout_s, tries=tries, sleep=sleep, http=http)
        self.url = self._transport.url
        self.incidents = IncidentsApi(self._transport)
        self.problems = ProblemsApi(self._transport)
        self.guardrails = GuardrailsApi(self._transport)
        self.policy = PolicyApi(self._transport)
        self.integrations = IntegrationsApi(self._transport)
        self.audit = AuditApi(self._transport)
        self.quarantine = QuarantineApi(self._transport)
        self.dead_letters = DeadLettersApi(self._transport)

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close kept connections."""
        self._transport.close()
