"""The recorder counts what the engine counts, which was measured against the real DynamoDB."""

from collections import Counter
from typing import Any

import pytest

from infra.local.aws import Aws
from tests.support.clients import own_client
from tests.support.costs import Costs, Target, item_bytes


@pytest.fixture(scope="module")
def client(aws: Aws) -> Any:
    return own_client(aws.url)


def _item(size: int, **more: str) -> dict[str, Any]:
    item = {
        "pk": {"S": "ALERT#1"},
        "sk": {"S": "ALERT"},
        **{name: {"S": value} for name, value in more.items()},
    }
    return item | {"text": {"S": "x" * (size - item_bytes(item) - len("text"))}}


LISTED = {"gsi1pk": "FIRING#1#0", "gsi1sk": "0#1"}
MOVED = {"gsi1pk": "FIRING#1#0", "gsi1sk": "1#1"}


@pytest.mark.parametrize(
    ("before", "after", "table_units", "index_units"),
    [
        (None, _item(1_024), 1, 0),
        (None, _item(1_025), 2, 0),
        (None, _item(1_000, **LISTED), 1, 1),
        (_item(1_000, **LISTED), _item(1_000, **LISTED), 1, 0),
        (_item(1_000, **LISTED), _item(900, **MOVED), 1, 2),
        (_item(1_000, **LISTED), _item(900), 1, 1),
        (_item(3_000), _item(100), 3, 0),
    ],
)
@pytest.mark.parametrize("transactional", [False, True])
def test_a_write_costs_what_the_engine_says(
    client: Any,
    dynamodb: Any,
    table_name: str,
    before: dict[str, Any] | None,
    after: dict[str, Any],
    table_units: int,
    index_units: int,
    transactional: bool,
) -> None:
    if before is not None:
        dynamodb.put_item(TableName=table_name, Item=before)

    with Costs.of(client, dynamodb) as costs:
        put: dict[str, Any] = {"TableName": table_name, "Item": after}
        if transactional:
            said = client.transact_write_items(TransactItems=[{"Put": put}], ReturnConsumedCapacity="INDEXES")
            consumed = said["ConsumedCapacity"][0]
        else:
            consumed = client.put_item(**put, ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"]

    factor = 2 if transactional else 1
    expected = Counter(
        {Target("", "ALERT#1"): factor * table_units, Target("gsi1", "FIRING#1#0"): index_units}
    )
    assert costs.by_key() == +expected
    assert costs.write_units == consumed["CapacityUnits"]


def test_what_a_condition_stopped_costs_all_the_same(client: Any, dynamodb: Any, table_name: str) -> None:
    dynamodb.put_item(TableName=table_name, Item=_item(2_000))

    with (
        Costs.of(client, dynamodb) as costs,
        pytest.raises(client.exceptions.ConditionalCheckFailedException),
    ):
        client.put_item(
            TableName=table_name, Item=_item(10_000), ConditionExpression="attribute_not_exists(pk)"
        )

    assert costs.write_units == 2
    assert [call.failed for call in costs.recorded] == [1]


def test_bulk_statements_are_counted_one_by_one(client: Any, dynamodb: Any, table_name: str) -> None:
    insert = {
        "Statement": f"INSERT INTO \"{table_name}\" VALUE {{'pk':?,'sk':?,'gsi1pk':?,'gsi1sk':?}}",
        "Parameters": [{"S": "ALERT#1"}, {"S": "ALERT"}, {"S": "FIRING#1#0"}, {"S": "0#1"}],
    }
    update = {
        "Statement": f'UPDATE "{table_name}" SET "n"=? REMOVE "gsi1pk" WHERE "pk"=? AND "sk"=? AND "n"=?',  # noqa: S608
        "Parameters": [{"N": "1"}, {"S": "ALERT#2"}, {"S": "ALERT"}, {"N": "0"}],
    }

    with Costs.of(client, dynamodb) as costs:
        client.batch_execute_statement(Statements=[insert, update])

    assert costs.by_kind() == {"ALERT": 2, "gsi1/FIRING": 1}
    assert costs.writes_of("ALERT") == 2
    assert [call.failed for call in costs.recorded] == [1]


def test_reads_are_counted_too(client: Any, dynamodb: Any, table_name: str) -> None:
    dynamodb.put_item(TableName=table_name, Item=_item(9_000))
    keys = [{"pk": {"S": f"ALERT#{number}"}, "sk": {"S": "ALERT"}} for number in (1, 2)]

    with Costs.of(client, dynamodb) as costs:
        client.batch_get_item(RequestItems={table_name: {"Keys": keys, "ConsistentRead": True}})
        client.get_item(TableName=table_name, Key=keys[0])

    assert costs.read_units == 3 + 1 + 1.5
    assert costs.write_units == 0
