"""/v1/dead-letters: what nobody could handle, and the way home once the cause is gone."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from functions.serve_api.answers import shown
from functions.serve_api.dead_letter_shapes import (
    DeadLetterPlace,
    DeadLetterPlaces,
    Redrive,
    ShownPlace,
    ShownRedrive,
)
from functions.serve_api.here import here_of, new_router
from functions.serve_api.parameters import NoIdempotencyKey, RecordId, refuse_key
from functions.serve_api.scopes import needs
from leitplanke.edge.dead_letters import DeadLetterBox
from leitplanke.edge.deadline import Deadline
from leitplanke.edge.identity import Scope
from leitplanke.usecases.redrive_dead_letters import redrive

router = new_router()
TAG = "Dead letters"

_SAMPLE = 10
_BEGIN_SECONDS = 5.0
"""After so long no other ten are begun: the function has 15 s, and one call of SQS may take 8."""


@router.get("/v1/dead-letters", tags=[TAG], security=needs(Scope.MANAGE), summary="Count dead letters")
def list_dead_letters() -> Response[DeadLetterPlaces]:
    """What nobody could handle in ten tries, by place. Empty places are shown as well.

    One call to SQS for each place, two more where there is something.
    """
    boxes = here_of(router).stores.dead_letters.boxes()
    return shown(DeadLetterPlaces(dead_letters=tuple(_counted(box) for box in boxes)))


@router.get(
    "/v1/dead-letters/<id>", tags=[TAG], security=needs(Scope.MANAGE), summary="Look into dead letters"
)
def get_dead_letters(
    id: RecordId, limit: Annotated[int, Query(ge=1, le=50, description="How many messages at most.")] = 20
) -> Response[DeadLetterPlace]:
    """The messages of one place (`routing`, `event`, ...), with the reason as far as it is known.

    They stay where they are. Looking raises SQS's counter of receives, which harms nothing.
    """
    box = here_of(router).stores.dead_letters.box(id)
    counts = box.counts()
    seen = box.look(min(limit, max(counts.waiting, 1)))  # SQS may not have counted the first one yet
    return shown(DeadLetterPlace.of_letters(box.place, counts, seen=seen))


@router.post(
    "/v1/dead-letters/<id>/redrive",
    tags=[TAG],
    security=needs(Scope.ADMIN),
    summary="Send dead letters home",
)
def redrive_dead_letters(
    id: RecordId,
    body: Annotated[Redrive | None, Body()] = None,
    idempotency_key: NoIdempotencyKey = None,
) -> Response[ShownRedrive]:
    """Up to 100 messages of one place go where they came from: do this once the cause is gone.

    Each is stored there before it is deleted here, so a crash doubles one rather than losing it.
    """
    refuse_key(idempotency_key)
    here = here_of(router)
    box = here.stores.dead_letters.box(id)
    done = redrive(
        box,
        box.place.kind.home,
        at_most=(body or Redrive()).at_most,
        arm=here.stores.looks.arm,
        now=here.now,
        time_left=Deadline(_BEGIN_SECONDS).time_left,
    )
    return shown(ShownRedrive.of(id, done, box.counts()))


def _counted(box: DeadLetterBox) -> ShownPlace:
    counts = box.counts()
    seen = box.look(min(_SAMPLE, counts.waiting)) if counts.waiting else []
    return ShownPlace.of(box.place, counts, seen=seen)
