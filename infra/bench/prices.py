"""List prices that costs are computed with, in USD: AWS, region us-east-1, no free tier, no discounts.

Noted in November 2026 from the page named at each; whoever pays other prices changes them here.
"""

MILLION = 1_000_000
GIGABYTE = 1_000_000_000

HTTP_API_REQUEST = 1.00 / MILLION
"""aws.amazon.com/api-gateway/pricing: HTTP APIs, the first 300 million, each 512 KB begun."""
LAMBDA_REQUEST = 0.20 / MILLION
LAMBDA_GB_SECOND = 0.0000133334
"""aws.amazon.com/lambda/pricing: arm64."""
DYNAMODB_WRITE = 0.625 / MILLION
DYNAMODB_READ = 0.125 / MILLION
"""aws.amazon.com/dynamodb/pricing/on-demand: standard table class; index entries cost like rows."""
SQS_REQUEST = 0.40 / MILLION
"""aws.amazon.com/sqs/pricing: standard queues, each 64 KB begun."""
EVENTBRIDGE_EVENT = 1.00 / MILLION
"""aws.amazon.com/eventbridge/pricing: custom events, each 64 KB begun; rules and targets cost nothing."""
LOG_BYTE = 0.50 / GIGABYTE
"""aws.amazon.com/cloudwatch/pricing: logs ingested, standard class; neither storage nor custom metrics."""
