"""Structured logs and metrics. One JSON line per thing worth knowing; never a key, never a whole body.

Everything that is logged is redacted here (leitplanke.edge.redaction): our own lines when they become JSON,
those of libraries when their records are made, whoever writes them. So importing this module is enough.

Powertools' Logger and EMF metrics without its Tracer: a Tracer costs 0.6 s of cold start even when it is
switched off by its environment variable.
"""

import json
import logging
from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from leitplanke.edge.redaction import redacted, redacted_text

NAMESPACE = "Leitplanke"


@cache
def logger(service: str, level: str = "INFO") -> Logger:
    """The logger of one function, for instance `logger("receive_events", settings.log_level)`."""
    return Logger(
        service=service,
        level=level,
        use_rfc3339=True,
        utc=True,
        log_uncaught_exceptions=False,
        json_serializer=_line,
    )


def count(service: str, counts: Mapping[str, float], *, unit: MetricUnit = MetricUnit.Count) -> None:
    """Counts of one invocation as one EMF line under the dimension `service`; zeros are left out.

    Names are CamelCase nouns ("EventsReceived"). At most 100 a call (the embedded metric format's limit).
    """
    seen = {name: value for name, value in counts.items() if value}
    if not seen:
        return
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=service)
    for name, value in seen.items():
        metrics.add_metric(name=name, unit=unit, value=value)
    metrics.flush_metrics()


def _line(log: Any) -> str:
    return json.dumps(redacted(log), ensure_ascii=False, default=str)


def _redacted_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """A log record whose message, and traceback as other formatters print it, are fit to be logged."""
    record = logging.LogRecord(*args, **kwargs)
    if not isinstance(record.msg, Mapping):
        record.msg, record.args = redacted_text(record.getMessage()), None
    if record.exc_info and record.exc_info[0] is not None:
        record.exc_text = redacted_text(logging.Formatter().formatException(record.exc_info))
    return record


logging.setLogRecordFactory(_redacted_record)
