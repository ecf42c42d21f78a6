"""Turn a prompt and its completion into token ids, with the prompt exactly as serving writes it."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

from transformers import GenerationConfig, PreTrainedTokenizerBase

from tool_calls import Message, for_template, writes_calls
from tuning.errors import ModelError

Tools = list[dict[Any, Any]] | None
"""The functions that the model may call, in OpenAI's form."""


class TokenizedRow(NamedTuple):
    """Ids of prompt and completion, and the ranges [start, end) of tokens that are trained on."""

    input_ids: list[int]
    learnt: list[tuple[int, int]]


class ChatTokenizer:
    """A tokenizer with the model's chat template and its end-of-turn tokens."""

    def __init__(
        self, tokenizer: PreTrainedTokenizerBase, generation: GenerationConfig | None = None
    ) -> None:
        """Take the end-of-turn tokens from the tokenizer and the model's generation settings.

        Raises:
            ModelError: there is no chat template or no end-of-turn token.
        """
        self.tokenizer = tokenizer
        self.end_of_turn_ids = _end_of_turn_ids(tokenizer, generation)
        if not tokenizer.chat_template:
            raise ModelError(
                "the base model's tokenizer has no chat template: choose an instruct model"
            )
        if not self.end_of_turn_ids:
            raise ModelError(
                "the base model names no end-of-turn token (eos_token in tokenizer_config.json): "
                "a model tuned on it would never stop; choose an instruct model"
            )

    @cached_property
    def calls_as_text(self) -> bool:
        """Whether tool calls are written as text: the template does not write them as JSON."""
        return not writes_calls(self.tokenizer)

    def tokenize(
        self, prompt: Sequence[Message], completion: Sequence[Message], tools: Tools = None
    ) -> TokenizedRow:
        """Tokenize both, without what the template writes after the last end of turn.

        The completion and the prompt's messages with weight 1 are trained on, each up to its end
        of turn.

        Raises:
            ModelError: the template writes a message in another way when others follow it.
            jinja2.TemplateError: the template refuses the messages.
        """
        turns = [
            for_template(message, calls_as_text=self.calls_as_text)
            for message in (*prompt, *completion)
        ]
        whole = self._render(turns, tools, add_generation_prompt=False)
        cuts: list[int] = []
        for at in (at for at, message in enumerate(prompt) if message.get("weight") == 1):
            cuts += (self._begin(turns, at, tools, whole), self._end(turns, at, tools, whole))
        cuts.append(self._begin(turns, len(prompt), tools, whole))
        ids, places = self._ids_cut_at(whole, cuts)
        *earlier, last = places
        pairs = [*zip(earlier[::2], earlier[1::2], strict=True), (last, len(ids))]
        learnt = [(start, self._after_end_of_turn(ids, start, end)) for start, end in pairs]
        return TokenizedRow(ids[: learnt[-1][1]], learnt)

    def _begin(self, turns: Sequence[Message], at: int, tools: Tools, whole: str) -> int:
        """Return where an answer begins in the text of all turns, as in serving."""
        before = self._render(turns[:at], tools, add_generation_prompt=True)
        if not whole.startswith(before):
            raise ModelError(
                "the base model's chat template writes a prompt differently once it is answered, "
                "so training would not see the prompt that serving sends: choose another model"
            )
        return len(before)

    def _end(self, turns: Sequence[Message], at: int, tools: Tools, whole: str) -> int:
        """Return where an earlier answer ends in the text of all turns."""
        through = self._render(turns[: at + 1], tools, add_generation_prompt=False)
        if not whole.startswith(through):  # Phi 3 adds a token at the end of a conversation
            through = through.removesuffix(str(self.tokenizer.eos_token))
        if not whole.startswith(through):
            raise ModelError(
                "the base model's chat template writes an answer differently once the conversation "
                "goes on, so earlier answers cannot be learnt: take `weight` out of the messages, "
                "or choose another model"
            )
        return len(through)

    def _ids_cut_at(self, text: str, cuts: Sequence[int]) -> tuple[list[int], list[int]]:
        """Return the ids of a text, and for each cut how many ids come before it.

        The text is tokenized as a whole, as in serving. Only where a token would span a cut are the
        two sides tokenized separately.

        Args:
            text: the text.
            cuts: positions in the text, ascending.
        """
        kept: list[int] = []
        start, rest, places = 0, self.ids(text), []
        for cut in cuts:
            head = self.ids(text[start:cut])
            if rest[: len(head)] != head:
                kept, start, rest = kept + head, cut, self.ids(text[cut:])
                places.append(len(kept))
            else:
                places.append(len(kept) + len(head))
        return kept + rest, places

    def ids(self, text: str) -> list[int]:
        """Return the ids of a text in which the special tokens are written out."""
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def _render(
        self, turns: Sequence[Message], tools: Tools, *, add_generation_prompt: bool
    ) -> str:
        text: Any = self.tokenizer.apply_chat_template(
            list(turns),
            tools=[*tools] if tools else None,
            tokenize=False,
            add_generation_prompt=add_generation_prompt,
        )
        return str(text)

    def _after_end_of_turn(self, ids: list[int], start: int, end: int) -> int:
        """Return the index after the last end-of-turn token of an answer.

        The template may write more after it: ChatML writes a line feed, before which serving stops.
        Without such a token it is `end`, and the proof before the first step names the row.
        """
        for index in range(end - 1, start - 1, -1):
            if ids[index] in self.end_of_turn_ids:
                return index + 1
        return end


def _end_of_turn_ids(
    tokenizer: PreTrainedTokenizerBase, generation: GenerationConfig | None
) -> frozenset[int]:
    found = generation.eos_token_id if generation else None
    listed = found if isinstance(found, list) else [found]
    return frozenset(i for i in [tokenizer.eos_token_id, *listed] if i is not None)
