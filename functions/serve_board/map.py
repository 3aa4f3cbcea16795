"""The catalogue as a picture and as a list: what is down, what is cut off and through what."""

import json

from aws_lambda_powertools.event_handler import Response

from functions.serve_board.headers import not_modified
from functions.serve_board.here import Here
from functions.serve_board.pages import View, etag_of, page
from leitplanke.domain.service_map import Entry, Kind, Standing

WORDS = {
    Standing.DOWN: "down",
    Standing.FAILED: "cut off",
    Standing.THIN: "nothing to spare",
    Standing.UP: "works",
}


def map_page(here: Here, *, if_none_match: str | None) -> Response[str]:
    """The page; 304, from one query, if it looks as the browser has it."""
    session = here.signed_in
    tag = etag_of("map", here.stores.board.version(), here.policy_version, session.secret)
    if if_none_match == tag:
        return not_modified(tag)
    seen = here.stores.board.map(here.now)
    found = seen.map
    return page(
        "map",
        View.of(here, path="/board/map"),
        etag=etag_of("map", seen.version, seen.policy_version, session.secret),
        live=True,
        scripts=("map",),
        map=found,
        words=WORDS,
        node=_node,
        edges=_edges,
        cut_off=found.of(Standing.DOWN, Standing.FAILED, kind="customer"),
        down=found.of(Standing.DOWN, kind="service"),
        failed=found.of(Standing.FAILED, kind="service"),
        thin=found.of(Standing.THIN),
        fine=found.of(Standing.UP),
    )


def _node(kind: Kind, name: str) -> str:
    return f"{kind}/{name}"


def _edges(entry: Entry) -> str:
    """What the drawing needs: which services it hangs on, and which of them cut it off."""
    is_cut_off = entry.standing is Standing.FAILED
    return json.dumps(
        [{"needs": _node("service", need.service), "cut": need.broken and is_cut_off} for need in entry.needs]
    )
