"""The table's calls: values in and out, AWS's errors as ours, what is tried again and what never is."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ParamValidationError
from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.errors import LostRaceError, UnavailableError
from leitplanke.table.client import (
    ConditionFailedError,
    Outcome,
    Put,
    RefusedError,
    Statement,
    Table,
    Update,
    decode,
    decode_row,
    difference,
    encode,
    encode_row,
)
from leitplanke.table.keys import Key

KEY = Key("ALERT#1", "ALERT")
WRITE = Update(key=KEY, set_={"n": 1}, condition="n = :n", values={"n": 0})
STATEMENT = Statement(text='UPDATE "t" SET "n"=? WHERE "pk"=? AND "sk"=?', parameters=[1, "ALERT#1", "ALERT"])


class Script:
    """A client that answers what the script says, whatever is asked: errors are raised."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            self.calls.append((operation, arguments))
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def refusal(code: str, *, status: int = 400, **more: Any) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": code},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **more,
    }
    return ClientError(response, "AnyOperation")


def cancelled(*codes: str, item: dict[str, Any] | None = None) -> ClientError:
    reasons = [
        {"Code": code, **({"Item": item} if item and code.startswith("Cond") else {})} for code in codes
    ]
    return refusal("TransactionCanceledException", CancellationReasons=reasons)


def table(script: Script) -> Table:
    client: Any = script
    return Table(client, "t")


def answers(*codes: str | None) -> dict[str, Any]:
    return {"Responses": [{"Error": {"Code": code}} if code else {} for code in codes]}


PLAIN = st.recursive(
    st.one_of(
        st.text(),
        st.integers(-(10**30), 10**30),
        st.booleans(),
        st.floats(allow_nan=False, allow_infinity=False),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=10,
)


@given(PLAIN)
def test_every_plain_value_comes_back_as_it_was(value: Any) -> None:
    assert decode(encode(value)) == value


@given(st.dictionaries(st.text(min_size=1), PLAIN, max_size=5))
def test_a_row_comes_back_without_its_empty_values(row: dict[str, Any]) -> None:
    assert decode_row(encode_row(row)) == {k: v for k, v in row.items() if v not in ("", [], {})}


def test_truth_is_no_number() -> None:
    assert encode(True) == {"BOOL": True}
    assert encode(0) == {"N": "0"}


@pytest.mark.parametrize("value", [object(), b"bytes", {1, 2}])
def test_what_no_row_can_hold_is_said_at_once(value: object) -> None:
    with pytest.raises(TypeError, match="no row can hold"):
        encode(value)


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.one_of(st.none(), PLAIN)),
    st.dictionaries(st.sampled_from("abcdef"), st.one_of(st.none(), PLAIN)),
)
def test_the_difference_is_all_that_is_needed_and_no_more(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    before = decode_row(encode_row(before))

    changed, removed = difference(before, after)

    made = {name: value for name, value in {**before, **changed}.items() if name not in removed}
    assert made == decode_row(encode_row(after))
    assert all(before.get(name) != value for name, value in changed.items())
    assert difference(made, after) == ({}, [])


def test_text_that_is_no_unicode_is_said_at_once() -> None:
    with pytest.raises(ValueError, match="surrogates not allowed"):
        encode({"title": ["\ud800"]})


class TestErrors:
    def test_a_failed_condition_brings_the_row_that_is_there(self) -> None:
        script = Script(refusal("ConditionalCheckFailedException", Item={"n": {"N": "7"}}))

        with pytest.raises(ConditionFailedError) as failed:
            table(script).update(WRITE)
        assert failed.value.row == {"n": 7}

    @pytest.mark.parametrize(
        "error",
        [
            refusal("ThrottlingException"),
            refusal("ProvisionedThroughputExceededException"),
            refusal("RequestLimitExceeded"),
            refusal("InternalServerError", status=500),
            refusal("SomethingNew", status=503),
            ConnectTimeoutError(endpoint_url="http://127.0.0.1"),
            cancelled("None", "ThrottlingError"),
        ],
    )
    def test_what_may_work_later_is_unavailable(self, error: Exception) -> None:
        with pytest.raises(UnavailableError):
            table(Script(error)).put(Put(row={"pk": "a", "sk": "b"}))

    @pytest.mark.parametrize(
        "error",
        [
            refusal("ValidationException"),
            refusal("SerializationException"),
            ParamValidationError(report="wrong"),
            cancelled("None", "ValidationError"),
        ],
    )
    def test_what_never_works_is_refused(self, error: Exception) -> None:
        with pytest.raises(RefusedError):
            table(Script(error)).put(Put(row={"pk": "a", "sk": "b"}))

    def test_what_nobody_foresaw_is_a_bug_and_stays_one(self) -> None:
        with pytest.raises(ClientError):
            table(Script(refusal("AccessDeniedException"))).get(KEY)


class TestTransactions:
    """A row that somebody else's transaction is busy with says nothing about that row."""

    def test_a_busy_row_is_tried_again_and_then_its_condition_decides(self) -> None:
        script = Script(
            refusal("TransactionConflictException"),
            refusal("TransactionConflictException"),
            {"Attributes": {"n": {"N": "1"}}},
        )

        assert table(script).update(WRITE) == {"n": 1}

    def test_a_transaction_that_meets_another_is_tried_again(self) -> None:
        script = Script(cancelled("TransactionConflict", "None"), {})

        table(script).transact([WRITE, WRITE])

        assert len(script.calls) == 2

    def test_a_row_that_is_busy_all_the_time_is_a_lost_race(self) -> None:
        with pytest.raises(LostRaceError):
            table(Script(*[cancelled("TransactionConflict")] * 8)).transact([WRITE])

    def test_a_failed_condition_outweighs_a_conflict_and_names_its_place(self) -> None:
        script = Script(cancelled("TransactionConflict", "ConditionalCheckFailed", item={"n": {"N": "7"}}))

        with pytest.raises(ConditionFailedError) as failed:
            table(script).transact([WRITE, WRITE])
        assert (failed.value.position, failed.value.row) == (1, {"n": 7})


class TestBulk:
    """Statements fail alone."""

    def test_each_statement_has_its_own_outcome(self) -> None:
        script = Script(answers(None, "ConditionalCheckFailed", "DuplicateItem", "ValidationError"))

        assert table(script).execute([STATEMENT] * 4) == [
            Outcome.WRITTEN,
            Outcome.LOST,
            Outcome.LOST,
            Outcome.REFUSED,
        ]

    @pytest.mark.parametrize("code", ["ThrottlingError", "TransactionConflict", "InternalServerError", "New"])
    def test_only_what_was_refused_for_now_is_tried_again(self, code: str) -> None:
        script = Script(answers(None, code, None), answers(None))

        assert table(script).execute([STATEMENT] * 3) == [Outcome.WRITTEN] * 3
        assert [len(arguments["Statements"]) for _, arguments in script.calls] == [3, 1]

    def test_a_right_that_is_missing_refuses_nobody_for_ever(self) -> None:
        """Else one wrong policy of ours would send a whole storm to the quarantine."""
        script = Script(*[answers("AccessDenied")] * 8)

        with pytest.raises(UnavailableError):
            table(script).execute([STATEMENT])

    def test_twenty_five_go_in_one_call(self) -> None:
        script = Script(answers(*[None] * 25), answers(*[None] * 5))

        assert table(script).execute([STATEMENT] * 30) == [Outcome.WRITTEN] * 30

    def test_a_statement_that_spoils_the_whole_call_is_found_and_refused_alone(self) -> None:
        script = Script(
            refusal("SerializationException"), answers(None), refusal("ValidationException"), answers(None)
        )

        assert table(script).execute([STATEMENT] * 3) == [Outcome.WRITTEN, Outcome.REFUSED, Outcome.WRITTEN]

    def test_pauses_between_tries_grow_to_three_seconds_in_all(self) -> None:
        pauses: list[float] = []
        client: Any = Script(*[answers("ThrottlingError")] * 8)

        with pytest.raises(UnavailableError):
            Table(client, "t", pause=pauses.append).execute([STATEMENT])
        assert pauses == sorted(pauses)
        assert 3 <= sum(pauses) < 4

    def test_what_a_batch_read_left_out_is_asked_for_again(self) -> None:
        item = {"pk": {"S": "ALERT#1"}, "sk": {"S": "ALERT"}}
        rest = {"t": {"Keys": [item]}}
        script = Script(
            {"Responses": {"t": []}, "UnprocessedKeys": rest},
            {"Responses": {"t": [item]}, "UnprocessedKeys": {}},
        )

        assert table(script).get_many([KEY]) == {KEY: {"pk": "ALERT#1", "sk": "ALERT"}}
