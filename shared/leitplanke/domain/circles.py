"""Circles in who needs whom: a service that needs itself in the end can never be judged."""

from collections.abc import Iterator, Mapping


def circles(needs: Mapping[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Circles, each as the names along it; at least one of every knot, none if there is none.

    A walk in depth with its own stack: a chain of thousands of services must not end in a RecursionError.
    """
    found: list[tuple[str, ...]] = []
    done: set[str] = set()
    for start in needs:
        if start in done:
            continue
        trail: dict[str, Iterator[str]] = {start: iter(needs[start])}
        while trail:
            current = next(reversed(trail))
            below = next(trail[current], None)
            if below is None:
                done.add(current)
                del trail[current]
            elif below in trail:
                names = list(trail)
                found.append(tuple(names[names.index(below) :]))
            elif below not in done and below in needs:
                trail[below] = iter(needs[below])
    return found
