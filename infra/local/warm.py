"""Starting every function's worker before anybody waits for it: a cold start costs most of a second each."""

from concurrent.futures import ThreadPoolExecutor

import httpx

from infra.local.aws import Aws

CONSUMERS = ("CorrelateAlerts", "PublishChanges", "RouteIncidents", "DetectRecurrence", "NotifyResponders")
_NO_RECORDS = b'{"Records": []}'


def wake_functions(aws: Aws, base_url: str, stack: str) -> None:
    """Wake the consumers with empty batches, and the two behind the API with requests that ask for nothing.

    WatchClocks is left to its schedule. A function's error is not reported: who really calls it will see it.
    """

    def wake_consumer(logical_id: str) -> None:
        name = aws.client("cloudformation").describe_stack_resource(
            StackName=stack, LogicalResourceId=logical_id
        )
        aws.client("lambda").invoke(
            FunctionName=name["StackResourceDetail"]["PhysicalResourceId"], Payload=_NO_RECORDS
        )

    def wake_api(call: tuple[str, str]) -> None:
        httpx.request(call[0], f"{base_url}{call[1]}", trust_env=False, timeout=60)

    with ThreadPoolExecutor() as pool:
        waking = [pool.submit(wake_api, call) for call in (("GET", "/health"), ("POST", "/v1/events"))]
        waking += [pool.submit(wake_consumer, logical_id) for logical_id in CONSUMERS]
        for one in waking:
            one.result()
