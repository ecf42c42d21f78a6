"""What the endpoint is asked for the likelihoods of a row, and which tokens count."""

import asyncio
from collections.abc import Mapping
from typing import Any, Self

import msgspec
import pytest

from tunedrop.documents.answers import Answer, TokenLikelihood
from tunedrop.documents.rows import AnyRow, Message, read_row
from tunedrop.evaluation.scoring.likelihood import (
    Likelihood,
    LikelihoodRow,
    Likelihoods,
    read_likelihoods,
)
from tunedrop.lifecycle.likelihoods import MOST_PIECES, likelihood_asker, pieces_of


class CharacterModel:
    """An endpoint whose tokens are characters, each with a log-likelihood of its own."""

    def __init__(self) -> None:
        self.requests: list[Mapping[str, Any]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def chat(self, *_: Any) -> Answer:
        raise NotImplementedError

    async def likelihoods(
        self, _endpoint: str, payload: Mapping[str, Any]
    ) -> list[TokenLikelihood]:
        self.requests.append(payload)
        text = payload.get("prompt") or self.rendered(payload)
        known = [TokenLikelihood(ord(char), -float(ord(char))) for char in text[1:]]
        return [TokenLikelihood(-1, None), *known]

    def rendered(self, payload: Mapping[str, Any]) -> str:
        """Return a conversation as a chat template writes it."""
        turns = [f"<{turn['role'][0]}>{turn['content']}." for turn in payload["messages"]]
        return "".join(turns) + ("<a>" if payload["add_generation_prompt"] else "")


def asked(row: AnyRow, max_length: int = 1024) -> tuple[Likelihoods, CharacterModel]:
    """Ask the character model about a row."""
    model = CharacterModel()
    ask_one = likelihood_asker("e-1", max_length)(model)

    async def ask() -> Answer:
        return await ask_one("tuned", LikelihoodRow.of(row))

    answer = asyncio.run(ask())
    assert answer.prompt_tokens > 0
    return read_likelihoods(answer.text), model


def likelihood_of(text: str) -> Likelihood:
    return Likelihood(-float(sum(map(ord, text))), len(text))


def test_tokens_that_both_answers_share_do_not_count() -> None:
    # Given two answers that begin alike
    line = (
        b'{"row":1,"prompt":[{"role":"user","content":"q"}],'
        b'"chosen":[{"role":"assistant","content":"so good"}],'
        b'"rejected":[{"role":"assistant","content":"so bad"}]}'
    )

    # When
    found, model = asked(read_row(line))

    # Then the rest of each counts, with its end
    assert found == Likelihoods(likelihood_of("good."), likelihood_of("bad."))
    assert [each["add_generation_prompt"] for each in model.requests] == [False, False]
    assert {each["model"] for each in model.requests} == {"tuned"}
    assert {each["prompt_logprobs"] for each in model.requests} == {0}


def test_judged_answer_counts_from_where_serving_lets_it_begin() -> None:
    # Given a judged answer
    row = AnyRow(
        prompt=[Message("user", "q")], completion=[Message("assistant", "yes")], label=True
    )

    # When
    found, model = asked(row)

    # Then
    assert found == Likelihoods(likelihood_of("yes."))
    assert [each["add_generation_prompt"] for each in model.requests] == [True, False]


def test_text_is_read_in_pieces_that_fit_with_any_tokenizer() -> None:
    # Given a text longer than the model may read at once
    text = "ab" * 40

    # When
    found, model = asked(AnyRow(text=text), max_length=58)

    # Then each piece is a completion, of which all tokens count but the first
    assert [each["prompt"] for each in model.requests] == [text[:50], text[50:]]
    assert found.answer == likelihood_of(text[1:50] + text[51:])


def test_only_the_beginning_of_a_very_long_text_is_read() -> None:
    _, model = asked(AnyRow(text="x" * 100_000))

    assert len(model.requests) == MOST_PIECES


@pytest.mark.parametrize(
    "text", ["naïve café " * 20, "日本語のテキスト" * 20, "👩‍🚀 launches " * 9]
)
def test_pieces_join_to_the_text_and_divide_no_character(text: str) -> None:
    pieces = pieces_of(text, 50)

    assert "".join(pieces) == text
    assert all(0 < len(piece.encode()) <= 50 for piece in pieces)


def test_row_keeps_its_cluster_and_its_judgement() -> None:
    # Given a line of test.jsonl
    line = msgspec.json.encode(
        {"row": 3, "cluster": 2, "prompt": [], "completion": [], "label": False}
    )

    # Then
    row = LikelihoodRow.of(read_row(line))
    assert (row.row, row.cluster, row.good) == (3, 2, False)
