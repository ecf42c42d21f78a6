"""A batch is laid out as a tree of segments, which has the beginning that rows share once."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tuning.row_fitting import IGNORED
from tuning.speed.attention_by_segment import NO_PARENT
from tuning.speed.batch_order import GatheredOrder, gathered, ranks, saved_parts
from tuning.speed.shared_beginnings import WORTH_SHARING, BatchLayout, Row, as_row, lay_out


def a_row(prompt: list[int], answer: list[int]) -> Row:
    return as_row(prompt + answer, [IGNORED] * len(prompt) + answer)


def rows_of(layout: BatchLayout) -> list[tuple[list[int], list[int]]]:
    """Return the ids and labels of each row, put together from its segments, in sorted order."""
    segments = list(zip(layout.boundaries, layout.boundaries[1:], strict=False))
    inner = set(layout.parents)
    rows = []
    for at in range(len(segments)):
        if at in inner:
            continue
        path = [at]
        while layout.parents[path[0]] != NO_PARENT:
            path.insert(0, layout.parents[path[0]])
        cut = [slice(*segments[one]) for one in path]
        assert [p for c in cut for p in layout.positions[c]] == list(
            range(sum(c.stop - c.start for c in cut))
        )
        rows.append(
            ([i for c in cut for i in layout.ids[c]], [i for c in cut for i in layout.labels[c]])
        )
    return sorted(rows)


def test_layout_has_a_common_beginning_once() -> None:
    # Given three rows with the same instruction of 20 tokens
    instruction = list(range(20))
    rows = [a_row([*instruction, 50 + n, 60], [7, 8]) for n in range(3)]

    # When they are laid out
    layout = lay_out(rows)

    # Then the instruction is one segment, which the three others continue
    assert layout.ids[:20] == instruction
    assert layout.parents == [NO_PARENT, 0, 0, 0]
    assert len(layout.ids) == 20 + 3 * 4


def test_layout_shares_beginnings_within_beginnings() -> None:
    # Given two rows with the same two instructions, and one with the first of them
    first, second = list(range(10)), list(range(30, 40))
    rows = [a_row([*first, *second, n], [7]) for n in (1, 2)] + [a_row([*first, 99], [7])]

    # When they are laid out
    layout = lay_out(rows)

    # Then each instruction is a segment, and every row can be read back
    assert layout.parents in ([NO_PARENT, 0, 1, 1, 0], [NO_PARENT, 0, 0, 2, 2])
    assert rows_of(layout) == sorted((r.ids, r.labels) for r in rows)


def test_rows_that_share_few_tokens_stay_whole() -> None:
    # Given rows that share one token too few
    rows = [a_row([*range(WORTH_SHARING - 1), 90 + n], [7]) for n in range(3)]

    # When they are laid out, then no segment continues another
    assert lay_out(rows).parents == [NO_PARENT] * 3


def test_token_before_an_answer_is_not_shared() -> None:
    # Given two rows with the same prompt and different answers
    prompt = list(range(20))

    # When they are laid out
    layout = lay_out([a_row(prompt, [7]), a_row(prompt, [8])])

    # Then each has the prompt's last token itself, because its answer is predicted from that token
    assert layout.boundaries == [0, 19, 21, 23]


def test_row_learned_from_its_first_token_is_not_shared() -> None:
    # Given a row in which every token is trained on
    ids = list(range(30))

    # When it is laid out twice, then nothing is shared
    assert lay_out([as_row(ids, ids), as_row(ids, ids)]).parents == [NO_PARENT] * 2


tokens = st.lists(st.integers(0, 2), min_size=1, max_size=40)
prompts = st.builds(lambda a, b: [0] * a + b, st.integers(0, 30), tokens)


@given(st.lists(st.builds(a_row, prompts, tokens), min_size=1, max_size=9))
def test_rows_can_be_read_back_from_the_layout(rows: list[Row]) -> None:
    assert rows_of(lay_out(rows)) == sorted((row.ids, row.labels) for row in rows)


def mixed(count: int, instructions: int) -> list[Row]:
    """Return rows that have one of several instructions in turn."""
    return [a_row([100 + n % instructions] * 30 + [n], [7]) for n in range(count)]


def test_gathering_saves_tokens_of_mixed_instructions() -> None:
    random, together = saved_parts(mixed(400, 8), batch_size=8, seed=17)

    assert together > random + 0.2


def test_gathering_saves_nothing_when_all_rows_begin_alike() -> None:
    random, together = saved_parts(mixed(64, 1), batch_size=8, seed=17)

    assert abs(together - random) < 0.01


def test_gathered_order_has_each_row_once_and_differs_by_epoch() -> None:
    # Given the order of rows with five instructions
    order = GatheredOrder(mixed(203, 5), batch_size=8, seed=17)

    # When it is read twice in one epoch and once in the next
    first = list(order)
    again = list(order)
    order.set_epoch(1)
    second = list(order)

    # Then it has every row, and changes with the epoch alone
    assert sorted(first) == sorted(second) == list(range(203)) == list(range(len(order)))
    assert first == again, "a resumed job must see the same batches"
    assert first != second


def test_gathered_batches_have_rows_of_one_instruction() -> None:
    # Given rows with four instructions in turn
    rows = mixed(128, 4)

    # When they are gathered
    batches: list[list[Any]] = gathered(range(128), ranks(rows), 8)

    # Then the rows of each batch have the same instruction
    assert all(len({rows[at].ids[0] for at in batch}) == 1 for batch in batches)
