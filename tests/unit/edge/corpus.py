"""Secrets and personal data as they turn up in practice; all made up. None of it may ever stand in a log."""

import base64
import json


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


KEY = "Kx9pQ2vB7nM4tL8sW3yZ6cF1gH5jD0aE"
TOKEN = f"{_part({'alg': 'RS256', 'kid': 'k1'})}.{_part({'sub': 'u-1', 'scope': 'admin'})}.c2lnbmF0dXJl-_x"
UNSIGNED = f"{_part({'alg': 'none'})}.{_part({'sub': 'u-1'})}."
CHAT_SECRET = "B0EXAMPLE1/x9Zq3Lw8Rt5Yp2Nv7Km4Js6H"

SECRETS = (
    KEY,
    TOKEN,
    UNSIGNED,
    CHAT_SECRET,
    "AKIAEXAMPLEEXAMPLE12"[:20],
    "IQoJb3JpZ2luX2VjEJr" + "Zm9vYmFy" * 10,
    "hunter2-correct-horse",
)
EMAILS = ("ada@example.com", "grace.example+oncall@mail.example.org", "jürgen@bücher.example.de")
PHONES = (
    "+49 30 5550 1234",
    "+1 (202) 555-0143",
    "+442079460123",
    "0049 151 55501234",
    "030 5550 1234",
    "(0151) 5550 1234",
    "0151/55501234",
    "202-555-0143",
    "(202) 555-0143",
)
CORPUS = (*SECRETS, *EMAILS, *PHONES)

SENTENCES = (
    *(f"said by {one}, of course" for one in (KEY, TOKEN, UNSIGNED)),
    f"Authorization: Bearer {KEY}",
    f"authorization: GenieKey {KEY}",
    "Authorization: Basic " + base64.b64encode(f"any:{KEY}".encode()).decode(),
    f"POST /i/{KEY}/api/v2/alerts 401",
    f"cannot reach https://hooks.chat.example/services/{CHAT_SECRET}",
    "slack://hunter2-correct-horse/B/C/#oncall is not an address",
    "https://ada:hunter2-correct-horse@metrics.example/write",
    "postgres://ada:hunter2-correct-horse@db.example:5432/x",
    '{"password": "hunter2-correct-horse"}',
    "routing_key=hunter2-correct-horse&x=1",
    "x-api-key: hunter2-correct-horse",
    "GET /x?token=hunter2-correct-horse failed",
    "Authorization: Token hunter2-correct-horse",
    "'authorization': 'hunter2-correct-horse'",
    *(f"credentials {one} expired" for one in SECRETS[4:6]),
    f"SERVICE#said%20by%20{KEY}%2C%20and%20ada@example.com%20#open",
    *(f"told <{one}> and {one}." for one in EMAILS),
    *(f"call {one}, now" for one in PHONES),
    *(f"phone:{one}" for one in PHONES[:3]),
)

HARMLESS = (
    "2026-03-01T09:00:00.123456+00:00",
    "2026-03-01 09:00:00 UTC",
    "it took 1234567890 ns, 15.3 s, 1,840 people, 99.9 %",
    "incident/4h2kq8x0zd revision 12",
    "abcdefghijklmnopqrstuvwxyz234567"[:26],
    "0123456789abcdef0123456789abcdef",
    "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
    "ssm:/leitplanke/channels/network",
    "arn:aws:sqs:eu-central-1:123456789012:leitplanke-EventQueue",
    "10.0.12.7:8080 answered 503",
    "/var/task/leitplanke/table/client.py, line 130, in get",
    "urn:leitplanke:error:not-found",
    'Bearer realm="leitplanke"',
    "no token: sign in first",
    "the token expired yesterday",
    "version 3.13.5 of 2026",
    "00:00:59 -> 00:01:00",
)
