"""AWS clients that can only reach the local engine."""

from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config

from infra.local.settings import REGION


class Aws:
    """Clients for the engine at `url`, one per service, made on first use."""

    def __init__(self, url: str) -> None:
        self.url = url

    def client(self, service: str) -> Any:
        """The boto3 client of `service` ("dynamodb", "sqs", ...)."""
        return _client(service, self.url)


@lru_cache(maxsize=64)
def _client(service: str, url: str) -> Any:
    # Explicit in everything, so that no profile, variable or proxy of the developer's can lead it elsewhere.
    session: Any = boto3.session.Session()
    return session.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the engine's only account
        config=Config(
            retries={"mode": "standard", "max_attempts": 2},
            proxies={},
            max_pool_connections=32,
            s3={"addressing_style": "path"},
        ),
    )
