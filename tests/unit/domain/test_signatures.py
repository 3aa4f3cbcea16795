"""The same thing elsewhere and later has the same signature, another thing has another."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leitplanke.domain.signatures import normalise, signature

LOG = Path(__file__).parents[4] / "shared" / "data" / "servicenow-incidents.jsonl.gz"


@pytest.mark.parametrize(
    ("symptom", "kind"),
    [
        ("Disk /data/pg-3 93 % full", "disk /data/pg-<n> <n> full"),
        ("gone since 04:12:55 on db-3.example.net", "gone since <time> on <host>"),
        ("vpn-gateway-2 down", "vpn-gateway-<n> down"),
        ("vpn_gateway_2 unreachable", "vpn_gateway_<n> unreachable"),
        ("web01 not reachable", "web<n> not reachable"),
        ("node-17.eu-west-1.compute.internal:9100 gone", "<host> gone"),
        ("Connection to 10.0.0.1:5432 refused", "connection to <ip> refused"),
        ("Route 10.20.0.0/16 withdrawn", "route <ip> withdrawn"),
        ("ping fe80::1%eth0 lost", "ping <ip> lost"),
        ("2001:db8::1/64 down", "<ip> down"),
        ("aa:bb:cc:dd:ee:ff gone", "<mac> gone"),
        ("job 550e8400-e29b-41d4-a716-446655440000 failed", "job <id> failed"),
        ("i-0abc123def4567890 terminated", "i-<id> terminated"),
        ("Pod checkout-7d9f8b6c5d-x2x8z restarting", "pod checkout-<id> restarting"),
        ("0xDEADBEEF fault", "<id> fault"),
        ("backup of 2026-11-23T09:00:00Z failed", "backup of <time> failed"),
        ("backup of 23.11.2026 failed", "backup of <time> failed"),
        ("Mar 12 04:05:06 kernel panic", "<time> kernel panic"),
        ("https://shop.example.com/cart?x=1 slow", "<url> slow"),
        ("mail to ana@example.com bounced", "mail to <mail> bounced"),
        ("Queue length 523", "queue length <n>"),
        ("Queue length 1,234,567", "queue length <n>"),
        ("load 12.5 > 8", "load <n> > <n>"),
        ("no answer for 5m", "no answer for <n>"),
        ("took 300ms", "took <n>"),
        ("3 nodes down", "<n> nodes down"),
        ("/dev/sda1 full", "/dev/sda<n> full"),
        ("/mnt/disk12/x broken", "/mnt/disk<n>/x broken"),
        ("  Too   many\tblanks ", "too many blanks"),
    ],
)  # fmt: skip
def test_where_how_much_and_when_are_masked(symptom: str, kind: str) -> None:
    assert normalise(symptom) == kind


@pytest.mark.parametrize(
    "symptom",
    [
        "InstanceDown", "HighLatencyP99", "IPv6 on eth0", "k8s", "sha256 mismatch", "HTTP 503", "status=500",
        "exit code 137", "Error 12", "ORA-01555 snapshot too old", "CVE-2024-1234 found", "port 5432 closed",
        "java.lang.OutOfMemoryError", "system.cpu.user too high", "nginx.service failed", "run.sh failed",
        "version 1.2.3 refused", "Störung in Köln", "feedbeef and deadbeef", "",
    ],
)  # fmt: skip
def test_words_and_numbers_that_are_names_stay(symptom: str) -> None:
    assert normalise(symptom) == symptom.casefold()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HTTP 503 from checkout", "HTTP 504 from checkout"),
        ("Disk full", "Disk failed"),
        ("/var/log full", "/var/lib full"),
        ("Error 12", "Error 13"),
        ("HighLatencyP99", "HighLatencyP95"),
    ],
)
def test_different_things_have_different_signatures(one: str, other: str) -> None:
    assert signature("vpn", one) != signature("vpn", other)


def test_the_same_thing_elsewhere_has_the_same_signature_and_another_service_has_another() -> None:
    one = signature("vpn", "Disk 93 % full on db-1.example.net (10.0.0.1)")
    assert signature("vpn", "disk 7.5% full on web-7.example.org (192.168.7.20)") == one
    assert signature("shop", "Disk 93 % full on db-1.example.net (10.0.0.1)") != one


HOSTS = st.builds(
    "{}-{}.{}.example.{}".format,
    st.sampled_from(["db", "web", "vpn-gateway"]),
    st.integers(0, 999),
    st.sampled_from(["eu-west-1", "north"]),
    st.sampled_from(["net", "org", "com"]),
)
PLACES = (
    HOSTS
    | st.ip_addresses().map(str)
    | st.uuids().map(str)
    | st.datetimes().map(lambda at: f"{at:%Y-%m-%d %H:%M:%S}")
)


@given(HOSTS, HOSTS)
def test_another_host_is_no_other_symptom(one: str, other: str) -> None:
    assert normalise(f"TLS handshake with {one} fails") == normalise(f"TLS handshake with {other} fails")


@given(PLACES, st.integers(0, 10**12), st.floats(0, 1e6).map(lambda n: f"{n:.2f}"))
def test_no_digit_of_a_place_a_time_or_a_measure_is_left(place: str, count: int, value: str) -> None:
    kind = normalise(f"{count} requests lost at {place}, {value} ms each")
    assert not any(character.isdigit() for character in kind), kind
    assert "requests lost at" in kind


@given(
    st.text(max_size=60) | st.text(alphabet=st.sampled_from(list("aAdb019 -_./:,@#=<>%()xİſ١")), max_size=40)
)
def test_normalising_again_changes_nothing(symptom: str) -> None:
    once = normalise(symptom)
    assert normalise(once) == once


def test_a_signature_never_changes_or_history_would_be_lost() -> None:
    assert signature("vpn-gateway-1", "GatewayDown") == "r6bldlxw7ef4i63wgqaw4lobi3"


@pytest.mark.skipif(not LOG.exists(), reason="the public incident log is not part of the project")
def test_symptoms_of_a_real_log_stay_as_distinct_as_they_were() -> None:
    with gzip.open(LOG, "rt") as lines:
        symptoms = {row["symptom"] for row in map(json.loads, lines) if "symptom" in row}
    assert len(symptoms) > 300
    assert len({normalise(symptom) for symptom in symptoms}) == len(symptoms)
