"""Channel addresses, kept where secrets belong; a policy only says where that is.

    ssm:/leitplanke/channels/network               a parameter, SecureString or String
    secretsmanager:/leitplanke/channels/network    a secret: the address, or JSON with the address as "url"
    env:NETWORK_CHANNEL                            an environment variable, for one machine

What a function may read is granted in template.yaml (ChannelSecretsPrefix), not decided here. Errors
name the reference and never what is stored there.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from leitplanke.domain.errors import InvalidInputError, UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_ssm import SSMClient

FRESH_SECONDS = 300.0
"""How long an address is kept in memory. A changed secret counts after five minutes, or at once where the old
address fails."""

_MISSING = frozenset({"ParameterNotFound", "ParameterVersionNotFound", "ResourceNotFoundException"})
_DENIED = frozenset(
    {"AccessDeniedException", "AccessDenied", "DecryptionFailure", "KMSAccessDeniedException"}
)
_REFUSED = frozenset({"ValidationException", "InvalidParameterException", "InvalidRequestException"})


class ChannelSecrets:
    """Resolves references to addresses; one per process. Clients are built when first needed.

    Several threads may ask at once; at worst two of them read the same address.
    """

    def __init__(
        self,
        *,
        ssm: Callable[[], "SSMClient"],
        secretsmanager: Callable[[], "SecretsManagerClient"],
        environ: Mapping[str, str],
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ssm = ssm
        self._secretsmanager = secretsmanager
        self._environ = environ
        self._seconds = seconds
        self._kept: dict[str, tuple[str, float]] = {}
        # At DEBUG botocore logs whole answers, and with them what we came to read.
        logging.getLogger("botocore").setLevel(logging.INFO)

    def resolve(self, reference: str) -> str:
        """The address at this reference.

        Raises InvalidInputError if there is none, or we may not read it; UnavailableError if asking again
        may work.
        """
        address, until = self._kept.get(reference, ("", 0.0))
        if not address or until <= self._seconds():
            address = self._read(reference)
            self._kept[reference] = address, self._seconds() + FRESH_SECONDS
        return address

    def forget(self, reference: str) -> None:
        """Read it anew the next time: it did not work."""
        self._kept.pop(reference, None)

    def _read(self, reference: str) -> str:
        kind, _, name = reference.partition(":")
        try:
            value = self._readers()[kind](name)
        except KeyError:
            raise _wrong(reference, "is not a kind of reference that we know", _KINDS) from None
        except ClientError as error:
            raise _explained(reference, error) from None
        except BotoCoreError as error:
            raise UnavailableError(f"{reference} could not be read: {type(error).__name__}") from None
        address = _address_in(value)
        if not address:
            raise _wrong(reference, "is empty or missing", "store the channel's Apprise address there")
        return address

    def _readers(self) -> dict[str, Callable[[str], str]]:
        return {"ssm": self._parameter, "secretsmanager": self._secret, "env": self._variable}

    def _parameter(self, name: str) -> str:
        answer = self._ssm().get_parameter(Name=name, WithDecryption=True)
        return answer["Parameter"].get("Value", "")

    def _secret(self, name: str) -> str:
        return self._secretsmanager().get_secret_value(SecretId=name).get("SecretString", "")

    def _variable(self, name: str) -> str:
        return self._environ.get(name, "")


_KINDS = "write ssm:/path, secretsmanager:name or, on one machine, env:NAME"


def _address_in(value: str) -> str:
    """The address itself, or the "url" of what the console of Secrets Manager stores: a JSON object."""
    text = value.strip()
    if not text.startswith("{"):
        return text
    try:
        stored: Any = json.loads(text)
    except ValueError:
        return ""
    url = stored.get("url", "")
    return url.strip() if isinstance(url, str) else ""


def _explained(reference: str, error: ClientError) -> InvalidInputError | UnavailableError:
    """AWS's answer in our words. Its own message is left out: nobody promises what it quotes."""
    code = error.response.get("Error", {}).get("Code", "unknown error")
    if code in _MISSING:
        return _wrong(reference, "does not exist", "create it and store the channel's Apprise address there")
    if code in _DENIED:
        remedy = "put it below the path that the deployment grants (parameter ChannelSecretsPrefix)"
        return _wrong(reference, f"may not be read ({code})", remedy)
    if code in _REFUSED:
        return _wrong(reference, f"was refused ({code})", "check its name, and that it is not being deleted")
    return UnavailableError(f"{reference} could not be read: {code}")


def _wrong(reference: str, what: str, remedy: str) -> InvalidInputError:
    return InvalidInputError(f"{reference} {what}", field=reference, remedy=remedy)
