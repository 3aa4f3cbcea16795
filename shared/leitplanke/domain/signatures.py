"""The signature of an incident: service and symptom, without all that differs between two of a kind.

    "Disk /data/pg-3 93 % full on db-3.example.net since 04:12:55"
    -> "disk /data/pg-<n> <n> full on <host> since <time>"

Words stay. Numbers go, except where a number is a name: "HTTP 503" and "Error 12" are not "HTTP 504" and
"Error 13"; so a number stays after a word that counts kinds of things (`_NAMED_BY_NUMBER`), and inside a word
("HighLatencyP99", "IPv6").
"""

import re
from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address

from leitplanke.domain.ids import stable_hash

_NAMED_BY_NUMBER = (
    "alarm category check class code condition cve errno error event http https kind layer level mode ora "
    "phase port raid reason rule signal sqlstate stage state status symptom tier type version vlan"
).split()
"""Words after which a number says which, not how many: protocols, codes, ports, numbered kinds."""

_TOP_LEVEL = (
    "app arpa biz cloud com corp dev edu example gov home info int internal intranet invalid io lan local "
    "localdomain localhost mil net org private svc test"
).split()
"""Ends of host names besides the two letters of a country."""

_UNITS = (
    "%|percent|[kmgtp]?i?b(?:ytes?)?(?:/s|ps)?|[kmgt]?bit(?:s|/s)?|[nuµm]?s|sec(?:ond)?s?|min(?:ute)?s?|h(?:ours?)?"
    "|d(?:ays?)?|m|w(?:eeks?)?|°?c|[kmg]?hz|[kmg]?w|v|rpm|[rqt]ps|x"
)
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s?[ap]m\b)?(?:\s?(?:z|utc|gmt|[+-]\d{2}:?\d{2})(?!\w))?"
_HEX_DIGIT = "[0-9a-f]"

Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]


def _keep_unless(accept: Callable[[str], bool], mask: str) -> Callable[[re.Match[str]], str]:
    return lambda found: mask if accept(found.group()) else found.group()


def _is_address(text: str) -> bool:
    try:
        ip_address(text.partition("%")[0].partition("/")[0])
    except ValueError:
        return False
    return True


def _is_host(name: str) -> bool:
    """Whether a dotted name is a host: not a file, a Java class, a metric or a version."""
    labels = name.partition(":")[0].split(".")
    last = labels[-1]
    if last in _TOP_LEVEL:
        return True
    odd = any(not label.isalpha() for label in labels[:-1])
    country = len(last) == 2 and last.isalpha()  # noqa: PLR2004 - ISO 3166 has two letters
    return country and (odd or len(labels) > 2)  # noqa: PLR2004 - "run.sh" and "main.py" are files


def _is_random(word: str) -> bool:
    """Whether letters and digits alternate as no word does."""
    return sum(c.isdigit() for c in word) >= 3 and len(re.findall(r"\d+", word)) >= 2  # noqa: PLR2004


def _number(found: re.Match[str]) -> str:
    word, gap = found.group("word") or "", found.group("gap") or ""
    if word in _NAMED_BY_NUMBER:
        return found.group()
    return f"{word}{gap}<n>"


_RULES: tuple[Rule, ...] = (
    (re.compile(rf"{_HEX_DIGIT}{{8}}-(?:{_HEX_DIGIT}{{4}}-){{3}}{_HEX_DIGIT}{{12}}"), "<id>"),
    (re.compile(r"[a-z][a-z0-9+.-]{1,15}://[^\s\"'<>]+"), "<url>"),
    (re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+"), "<mail>"),
    (re.compile(rf"(?<!\d)\d{{4}}-\d{{2}}-\d{{2}}(?:[t ]{_CLOCK})?(?!\d)"), "<time>"),
    (re.compile(rf"(?<![\w./])\d{{1,2}}[./]\d{{1,2}}[./](?:\d{{4}}|\d{{2}})(?!\d)(?: {_CLOCK})?"), "<time>"),
    (re.compile(rf"(?<!\w)(?:{_MONTHS})[a-z]{{0,6}} \d{{1,2}}(?:,? \d{{4}})?(?: {_CLOCK})?(?!\w)"), "<time>"),
    (re.compile(r"(?<![\w:])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![\w:])"), "<mac>"),
    (re.compile(rf"(?<![\w:.]){_CLOCK}(?![\w:])"), "<time>"),
    (
        re.compile(r"(?<![\w:.])(?:[0-9a-f]{0,4}:){2,8}[0-9a-f.]*(?:%\w+)?(?:/\d{1,3})?(?![\w:])"),
        _keep_unless(_is_address, "<ip>"),
    ),
    (
        re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)(?:/\d{1,2}(?!\d))?(?::\d{1,5}(?!\d))?"),
        "<ip>",
    ),
    (
        re.compile(
            r"(?<![\w./\\-])(?:[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z]{2,24}(?![\w.-])(?::\d{1,5}(?!\d))?"
        ),
        _keep_unless(_is_host, "<host>"),
    ),
    (re.compile(rf"(?<!\w)0x{_HEX_DIGIT}+(?!\w)"), "<id>"),
    (re.compile(rf"(?<=-)(?:{_HEX_DIGIT}{{8,10}}-[a-z0-9]{{5}})(?![\w-])"), "<id>"),  # a pod of Kubernetes
    (re.compile(rf"(?<![^\W_])(?=[a-f]*\d)(?=\d*[a-f]){_HEX_DIGIT}{{8,64}}(?![^\W_])"), "<id>"),
    (re.compile(r"(?<![^\W_])[a-z0-9]{12,128}(?![^\W_])"), _keep_unless(_is_random, "<id>")),
    (re.compile(rf"(?<![\w.])(?<!\d,)[-+]?\d+(?:[.,]\d+)*+\s?(?:{_UNITS})(?!\w)"), "<n>"),
    (
        re.compile(
            r"(?P<word>(?<![^\W_])[a-z]++)?(?P<gap>[ #:=_-]{1,2})?"
            r"(?<![\w.])(?<!\d[,:/_-])[-+]?\d+(?:[.,:/-]\d+)*+(?!\w)"
        ),
        _number,
    ),
    (re.compile(r"(?P<word>(?<![^\W_])[a-z]++)(?P<gap>[-_])\d+(?:[-_]\d+)*+(?![^\W_])"), _number),
    (re.compile(r"(?<=[a-z])0\d+(?![^\W_])"), "<n>"),  # web01: nobody names a kind of thing so
    (re.compile(r"(?<=[a-z>][/.])\d+(?![^\W_])"), "<n>"),
    (re.compile(r"(?<=>[-_])\d+(?![^\W_])"), "<n>"),
    (re.compile(r"(?P<word>/[a-z_-]++)(?P<gap>)\d+(?=[/\s,;:)\"']|$)"), _number),
)


_MAY_VARY = re.compile(r"[\d.@:]")
"""Every rule needs one of these, and most symptoms (names of alerts and checks) have none."""


def signature(service: str, symptom: str) -> str:
    """The same for incidents of one kind: a stable hash of the service and the normalised symptom."""
    return stable_hash(service, normalise(symptom))


@lru_cache(maxsize=2_048)
def normalise(symptom: str) -> str:
    """What is wrong, without where, how much and when; lower case. Normalising again changes nothing."""
    before = None
    text = symptom
    while (
        text != before
    ):  # ends: a mask has no digit and no dot, so each turn leaves fewer of them or is the last
        before = text
        text = _once(text)
    return text


def _once(text: str) -> str:
    text = " ".join(text.casefold().split())
    if not _MAY_VARY.search(text):
        return text
    for pattern, mask in _RULES:
        text = pattern.sub(mask, text)
    return text
