"""Bodies that no sender should send and some will."""

import json

from hypothesis import strategies as st

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-(10**400), max_value=10**400),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=40),
    st.characters(categories=["Cs", "Cc", "Lo"]),
    st.sampled_from(
        [
            "",
            " ",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59-14:00",
            "0001-01-01T00:00:00+14:00",
            "2026-03-11T12:54:18.427123456Z",
            "2016-12-31T23:59:60Z",
            "firing",
            "resolved",
            "trigger",
            "x" * 5_000,
            1e308,
        ]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=20,
)


def objects(*fields: str) -> st.SearchStrategy[dict[str, object]]:
    """Objects with some of these fields, holding anything, and perhaps fields nobody knows."""
    known = st.fixed_dictionaries({}, optional=dict.fromkeys(fields, VALUES))
    return st.builds(lambda a, b: {**b, **a}, known, st.dictionaries(st.text(max_size=5), VALUES, max_size=2))


def bodies(value: st.SearchStrategy[object]) -> st.SearchStrategy[bytes]:
    """These values as JSON, with surrogates as escapes; sometimes cut short, sometimes not JSON at all."""
    whole = value.map(lambda v: json.dumps(v).encode())
    return st.one_of(
        whole,
        st.builds(lambda body, at: body[: at % (len(body) + 1)], whole, st.integers(min_value=0)),
        st.binary(max_size=60),
    )


LABELS = st.dictionaries(
    st.text(min_size=1, max_size=10),
    st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=20),
    min_size=1,
    max_size=6,
)
