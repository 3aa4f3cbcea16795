"""The policy, the senders that may speak, and what is kept about both."""

from collections.abc import Collection
from datetime import date

from leitplanke_client.acting import part
from leitplanke_client.admin_models import (
    AuditPage,
    AuditRecord,
    CreatedIntegration,
    Integration,
    Integrations,
    PolicyPut,
    PolicyText,
    Quarantine,
    Quarantined,
)
from leitplanke_client.errors import NotLeitplankeError
from leitplanke_client.listing import Listing
from leitplanke_client.resource import Resource
from leitplanke_client.transport import Call
from leitplanke_client.words import Capability

_EVENTS: tuple[Capability, ...] = ("events",)


class PolicyApi(Resource):
    """`client.policy`: the one document that says who owns what. Getting takes read, putting manage."""

    def get(self, version: int | None = None) -> PolicyText:
        """The YAML exactly as it was put: the one in force, or an earlier version."""
        query = {} if version is None else {"version": version}
        headers = {"accept": "application/yaml"}
        answer = self._transport.answer(Call(method="GET", path="/v1/policy", query=query, headers=headers))
        number = answer.headers.get("etag", "").removeprefix("W/").strip('"')
        if not number.isdigit():  # a sign-in page of some network, say
            url = self._transport.url
            raise NotLeitplankeError(f"what answers at {url} is not this API", url=url)
        return PolicyText(version=int(number), text=answer.text)

    def put(self, text: str, *, if_match: int | None = None) -> PolicyPut:
        """Put this YAML in force if nothing is wrong with it, else WrongFieldsError with every fault.

        With `if_match` only if that version is still in force, else StaleRevisionError.
        """
        headers = {"content-type": "application/yaml"}
        if if_match is not None:
            headers["if-match"] = f'"{if_match}"'
        call = Call(
            method="PUT",
            path="/v1/policy",
            content=text.encode(),
            headers=headers,
            repeatable=if_match is None,  # the answer lost, a second try would say that somebody was faster
        )
        return self._transport.ask(call, PolicyPut)


class IntegrationsApi(Resource):
    """`client.integrations`: which senders may speak. All take the scope admin."""

    def list(self, *, limit: int = 100) -> Listing[Integrations, Integration]:
        """Newest first, revoked ones among them."""
        wanted = {"limit": limit}
        return self._listing("/v1/integrations", wanted, Integrations, lambda page: page.integrations)

    def create(
        self,
        name: str,
        *,
        sender: str | None = None,
        capabilities: Collection[Capability] = _EVENTS,
        quiet_after_s: int | None = None,
        limit_per_minute: int | None = None,
    ) -> CreatedIntegration:
        """Let a sender in. Its key is in the answer, and nowhere else ever again."""
        wanted = {
            "name": name,
            "sender": sender,
            "capabilities": sorted(capabilities),
            "quiet_after_s": quiet_after_s,
            "limit_per_minute": limit_per_minute,
        }
        body = {field: value for field, value in wanted.items() if value is not None}
        call = Call(method="POST", path="/v1/integrations", json=body, repeatable=False)
        return self._transport.ask(call, CreatedIntegration)

    def revoke(self, ident: str) -> Integration:
        """Its key opens nothing any more, within a minute."""
        return self._transport.ask(Call(method="DELETE", path=f"/v1/integrations/{part(ident)}"), Integration)


class AuditApi(Resource):
    """`client.audit`: who changed the rules, let senders in, used a role. Takes the scope admin."""

    def list(self, *, month: str | None = None, limit: int = 100) -> Listing[AuditPage, AuditRecord]:
        """Newest first; `month` as "2026-03" (UTC), left out: this one."""
        wanted = {"month": month, "limit": limit}
        return self._listing("/v1/audit", wanted, AuditPage, lambda page: page.audit)


class QuarantineApi(Resource):
    """`client.quarantine`: what senders said and could not be used. Takes the scope manage."""

    def list(self, *, day: date | None = None, limit: int = 20) -> Listing[Quarantine, Quarantined]:
        """Of one UTC day, newest first; left out: today."""
        wanted = {"day": day.isoformat() if day else None, "limit": limit}
        return self._listing("/v1/quarantine", wanted, Quarantine, lambda page: page.quarantine)
