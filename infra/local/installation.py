"""From an engine that runs to an installation that works: stack, channels, token, key."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from infra.local.api import Api
from infra.local.deploy import STACK, Deployment, RunningEngine, deploy
from infra.local.issuer import DEFAULT_TTL_SECONDS
from infra.local.keys import ENV_FILE, integration_key, write_env_file
from infra.local.warm import wake_functions

EXAMPLE_POLICY = Path(__file__).resolve().parents[1] / "policy" / "example.yaml"

_CHANNEL = re.compile(r"ssm:(/leitplanke/channels/[A-Za-z0-9/_.-]+)")
"""A reference below the template's ChannelSecretsPrefix."""


class Installation:
    """An engine with our system on it, and a client for its front door. `open()` does all that is needed."""

    def __init__(self, engine: RunningEngine, state_dir: Path) -> None:
        self.engine = engine
        self.state_dir = state_dir
        self.env_file = state_dir / ENV_FILE
        self._token = ("", 0.0)
        self.api = Api(engine.base_url, self.token)
        self.key = ""

    def open(self, *, progress: Callable[[str], None] = lambda _: None) -> Deployment:
        """Deploy, provide the channels, make or find the integration key, write the file for scripts."""
        deployment = deploy(self.engine, progress=progress)
        self.provide_channels(EXAMPLE_POLICY.read_text("utf-8"))
        progress("waking the functions")
        wake_functions(self.engine.aws, self.engine.base_url, STACK)
        self.key = integration_key(self.api, self.state_dir)
        self._write_env_file()
        return deployment

    def token(self) -> str:
        """A token with all scopes, renewed when half its life is over."""
        token, renew_at = self._token
        if time.time() >= renew_at:
            token = self.engine.issuer.mint_token()
            self._token = (token, time.time() + DEFAULT_TTL_SECONDS / 2)
            if self.key:
                self._write_env_file()
        return token

    def _write_env_file(self) -> None:
        write_env_file(self.env_file, url=self.engine.base_url, token=self.token(), key=self.key)

    def provide_channels(self, policy: str) -> None:
        """Give every channel that `policy` refers to an address: the inbox of this machine.

        The inbox's name is the last part of the reference: ssm:/leitplanke/channels/network -> "network".
        """
        ssm = self.engine.aws.client("ssm")
        inbox = self.engine.base_url.replace("http://", "json://") + "/_dev/inbox"
        for name in sorted(set(_CHANNEL.findall(policy))):
            url = f"{inbox}/{name.rsplit('/', 1)[-1]}"
            ssm.put_parameter(Name=name, Value=url, Type="SecureString", Overwrite=True)

    def inbox(self, name: str = "") -> list[dict[str, Any]]:
        """What channels were told: {"inbox", "received_at", "body"}, oldest first."""
        answer = httpx.get(f"{self.engine.base_url}/_dev/inbox/{name}", trust_env=False)
        answer.raise_for_status()
        items: list[dict[str, Any]] = answer.json()
        return items

    def put_policy(self, text: str) -> None:
        """Make `text` (YAML) the policy."""
        self.api.put_text("/v1/policy", text, content_type="application/yaml")

    def close(self) -> None:
        """Close the client."""
        self.api.close()
