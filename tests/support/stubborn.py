"""An AWS client of which some operations refuse; everything else goes through to the real one."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

Fault = Callable[[Callable[..., Any], dict[str, Any]], Any]
"""Gets the real method and the arguments; answers or raises in its place."""


class Stubborn:
    """`Stubborn(client, send_message_batch=fault)`; `made` has the names of all calls."""

    def __init__(self, client: Any, **faults: Fault) -> None:
        self._client = client
        self._faults = faults
        self.made: list[str] = []

    def __getattr__(self, operation: str) -> Any:
        method = getattr(self._client, operation)

        def call(**arguments: Any) -> Any:
            self.made.append(operation)
            fault = self._faults.get(operation)
            return fault(method, arguments) if fault else method(**arguments)

        return call

    @staticmethod
    def throttled(operation: str, *, status: int = 400) -> Fault:
        """AWS refuses the call."""

        def fault(_: Callable[..., Any], __: dict[str, Any]) -> Any:
            answer = {
                "Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"},
                "ResponseMetadata": {"HTTPStatusCode": status},
            }
            raise ClientError(answer, operation)  # type: ignore[arg-type]

        return fault

    @staticmethod
    def refuse_bodies(*bodies: str, times: int = 1_000) -> Fault:
        """SendMessageBatch takes all but these; after so many calls it takes them as well."""
        left = [times]

        def fault(method: Callable[..., Any], arguments: dict[str, Any]) -> Any:
            left[0] -= 1
            wanted = [
                e
                for e in arguments["Entries"]
                if left[0] < 0 or not any(b in e["MessageBody"] for b in bodies)
            ]
            refused = [e for e in arguments["Entries"] if e not in wanted]
            answer = method(**{**arguments, "Entries": wanted}) if wanted else {"Successful": []}
            failed = [{"Id": e["Id"], "SenderFault": False, "Code": "InternalError"} for e in refused]
            return {**answer, "Failed": failed}

        return fault
