"""Where one local engine listens and keeps its state, and the environment that makes it so.

Traps this module answers (docs/guides/local-engine.md): the engine binds all interfaces unless told
otherwise, reads its settings from the environment when it is imported, and hands its own environment to
every worker.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
REGION = "eu-central-1"
ACCOUNT = "000000000000"

_FOREIGN = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN")
"""A developer's own AWS settings: with them a worker would look for a profile, or talk to a real account."""

_NAMED_PORT = "4566"
"""The port in the names of queues: the engine knows a queue by its URL, so after a start on another port it
would look for queues that nobody made. Nobody connects by it: AWS_ENDPOINT_URL says where it listens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """One engine: our base-URL port, the AWS port (both on 127.0.0.1), and the folder of its state.

    `keep` says whether the state survives a clean stop. Scratch files (workers' code) always lie in
    `state_dir/tmp`, so that nothing is left in the system's temporary folder.
    """

    port: int
    aws_port: int
    state_dir: Path
    keep: bool = True
    log_level: str = "INFO"

    @property
    def scratch(self) -> Path:
        return self.state_dir / "tmp"

    @property
    def has_kept_functions(self) -> bool:
        """Whether an earlier run left functions in the state, which a deployment may be about to change."""
        return self.keep and (self.state_dir / "engine" / "lambda.json").exists()

    def environment(self) -> dict[str, str]:
        """What the engine and its workers see; they inherit nothing of the caller's AWS set-up."""
        return {
            "BIND_HOST": HOST,
            "GATEWAY_PORT": _NAMED_PORT,
            "AWS_ENDPOINT_URL": f"http://{HOST}:{self.aws_port}",
            "MINISTACK_HOST": HOST,
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "PERSIST_STATE": "1" if self.keep else "0",
            "STATE_DIR": str(self.state_dir / "engine"),
            "S3_PERSIST": "1" if self.keep else "0",
            "S3_DATA_DIR": str(self.state_dir / "engine" / "s3"),
            "TMPDIR": str(self.scratch),
            "LOG_LEVEL": self.log_level,
            "DOCKER_HOST": f"unix://{self.scratch / 'no-docker'}",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": HOST,
            "no_proxy": HOST,
        }

    def apply(self) -> None:
        """Put the environment in place. Call before the engine is imported, in the engine's own process."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        for name in (*_FOREIGN, "PYTHONPATH"):
            os.environ.pop(name, None)
        os.environ.update(self.environment())
