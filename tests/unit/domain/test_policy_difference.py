"""What changed between two texts, bounded."""

from leitplanke.domain.policy_difference import difference


def test_the_same_text_differs_nowhere() -> None:
    assert difference("a\nb\n", "a\nb\n").lines == ()


def test_lines_that_went_and_came_stand_with_some_around_them() -> None:
    found = difference("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nd\nE\nf\n")
    assert [(line.kind, line.text) for line in found.lines] == [
        ("place", "-3,4 +3,4"),
        ("same", "c"),
        ("same", "d"),
        ("removed", "e"),
        ("added", "E"),
        ("same", "f"),
    ]


def test_lines_that_look_like_a_heading_of_a_difference_are_lines() -> None:
    found = difference("", "++ a\n-- b\n")
    assert [(line.kind, line.text) for line in found.lines][1:] == [("added", "++ a"), ("added", "-- b")]


def test_a_page_has_some_lines_and_says_how_many_more_there_are() -> None:
    found = difference("", "\n".join(str(number) for number in range(100)), most=10)
    assert (len(found.lines), found.further) == (10, 91)
