"""Function 9: what the board shows is kept up to date, a batch of changes at a time."""

import json
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from leitplanke.edge import clients
from leitplanke.edge.batches import PartialBatchResponse, Record, process_batch
from leitplanke.edge.logs import count, logger
from leitplanke.edge.settings import UpdateBoardSettings, settings
from leitplanke.table.board import Board
from leitplanke.table.client import Table
from leitplanke.table.incidents import Incidents
from leitplanke.usecases.keep_board import BoardKeeper

SERVICE = "update_board"


def handler(event: Mapping[str, Any], _context: object) -> PartialBatchResponse:
    """One batch of messages about incidents, problems and services; each subject is looked at once."""
    log = logger(SERVICE, settings(UpdateBoardSettings).log_level)
    return process_batch(event, _show, logger=log, sqs=clients.sqs)


def _show(records: Sequence[Record]) -> Collection[str]:
    """Returns the messages that cannot be read. If the table fails, all come again: that changes nothing."""
    subjects: list[str] = []
    unreadable: list[str] = []
    for record in records:
        try:
            subjects.append(_subject(record))
        except (KeyError, TypeError, ValueError):
            logger(SERVICE).exception("not a message of ours", extra={"message_id": record.message_id})
            unreadable.append(record.message_id)
    _keeper().keep(subjects)
    count(SERVICE, {"ChangesShown": len(subjects)})
    return unreadable


def _subject(record: Record) -> str:
    subject = json.loads(record.body)["detail"]["subject"]
    if not isinstance(subject, str):
        raise TypeError("detail.subject is not text")
    return subject


@cache
def _keeper() -> BoardKeeper:
    table = Table(clients.dynamodb(), settings(UpdateBoardSettings).table_name)
    return BoardKeeper(incidents=Incidents(table), board=Board(table))
