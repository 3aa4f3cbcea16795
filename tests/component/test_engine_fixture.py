"""The engine that component tests stand on does what DynamoDB does where it matters to them."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WRITERS = 16


def test_the_table_has_the_keys_and_indexes_of_the_template(
    dynamodb: "DynamoDBClient", table_name: str
) -> None:
    table = dynamodb.describe_table(TableName=table_name)["Table"]
    assert {key["AttributeName"] for key in table["KeySchema"]} == {"pk", "sk"}
    assert {index["IndexName"] for index in table["GlobalSecondaryIndexes"]} == {
        "gsi1",
        "gsi2",
        "gsi3",
        "gsi4",
        "gsi5",
        "gsi6",
    }


def test_of_sixteen_writers_with_one_condition_exactly_one_wins(
    dynamodb: "DynamoDBClient", table_name: str
) -> None:
    def write(number: int) -> bool:
        try:
            dynamodb.put_item(
                TableName=table_name,
                Item={"pk": {"S": "one"}, "sk": {"S": "row"}, "writer": {"N": str(number)}},
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ConditionalCheckFailedException"
            return False
        return True

    with ThreadPoolExecutor(WRITERS) as pool:
        assert sum(pool.map(write, range(WRITERS))) == 1
