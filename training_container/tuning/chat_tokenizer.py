"""Turn a prompt and its completion into token ids, with the prompt exactly as serving writes it."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

from jinja2 import TemplateError
from transformers import GenerationConfig, PreTrainedTokenizerBase
from trl.chat_template_utils import get_training_chat_template

from tool_calls import Message, for_template, writes_calls
from tuning.chat_templates import template_for
from tuning.errors import ModelError

Tools = list[dict[Any, Any]] | None
"""The functions that the model may call, in OpenAI's form."""


class TokenizedRow(NamedTuple):
    """Ids of prompt and completion, and the ranges [start, end) of tokens that are trained on."""

    input_ids: list[int]
    learnt: list[tuple[int, int]]

    @property
    def divided(self) -> tuple[list[int], list[int]]:
        """The ids before the last answer, and those of the answer."""
        start = self.learnt[-1][0] if self.learnt else 0
        return self.input_ids[:start], self.input_ids[start:]


def without_weights(messages: Sequence[Message]) -> list[Message]:
    """Return a prompt of which no answer is learnt."""
    return [{**message, "weight": 0} for message in messages]


class ChatTokenizer:
    """A tokenizer with the model's chat template and its end-of-turn tokens."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        generation: GenerationConfig | None = None,
        *,
        learns_every_turn: bool = True,
    ) -> None:
        """Take the end-of-turn tokens from the tokenizer and the model's generation settings.

        A tokenizer without a chat template gets one, which is saved with the adapter.

        Args:
            tokenizer: the base model's.
            generation: the model's generation settings, if it has some.
            learns_every_turn: whether the earlier answers of a conversation without weights are
                learnt too.

        Raises:
            ModelError: there is no end-of-turn token.
        """
        self.tokenizer = tokenizer
        self.end_of_turn_ids = _end_of_turn_ids(tokenizer, generation)
        self._learns_every_turn = learns_every_turn
        self.given_template = not tokenizer.chat_template
        if self.given_template:
            tokenizer.chat_template = template_for(tokenizer)
        if not self.end_of_turn_ids:
            raise ModelError(
                "the base model names no end-of-turn token (eos_token in tokenizer_config.json): "
                "a model tuned on it would never stop; choose an instruct model"
            )

    @property
    def end_of_text_id(self) -> int:
        """The token after a text: the tokenizer's end token."""
        found = self.tokenizer.eos_token_id
        return found if isinstance(found, int) else min(self.end_of_turn_ids)

    @cached_property
    def calls_as_text(self) -> bool:
        """Whether tool calls are written as text: the template does not write them as JSON."""
        return not writes_calls(self.tokenizer)

    @cached_property
    def learns_earlier_answers(self) -> bool:
        """Whether the earlier answers of a conversation without weights are learnt.

        They are not if the recipe says so, or if the chat template writes an answer in another way
        once the conversation goes on.
        """
        return self._learns_every_turn and (
            self._keeps_answers(None) or self._training_template is not None
        )

    @property
    def has_training_template(self) -> bool:
        """Whether rows with several learnt answers are written in another way than in serving."""
        return self._training_template is not None

    @cached_property
    def _training_template(self) -> str | None:
        """TRL's variant of the model's chat template that writes every answer alike, if needed.

        https://huggingface.co/docs/trl/chat_templates
        """
        if self._keeps_answers(None):
            return None
        try:
            template = get_training_chat_template(self.tokenizer)
        except ValueError:  # TRL does not know this template.
            return None
        return template if template and self._keeps_answers(template) else None

    def _keeps_answers(self, template: str | None) -> bool:
        """Return whether a template writes an answer in the same way once others follow it."""
        asked, told = {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}
        turns = [asked, told, asked, told]
        try:
            whole = self._render(turns, None, template=template)
            self._begin(turns, 1, None, whole, template)
            self._end(turns, 1, None, whole, template)
        except (ModelError, TemplateError):
            return False
        return True

    def learnt_in(self, prompt: Sequence[Message], completion: Sequence[Message]) -> list[int]:
        """Return the positions of the prompt's messages that are learnt beside the completion.

        These are the messages with weight 1. If no message has a weight, they are all answers, or
        none where `learns_earlier_answers` is false.
        """
        if any(message.get("weight") is not None for message in (*prompt, *completion)):
            return [at for at, message in enumerate(prompt) if message.get("weight") == 1]
        answers = [at for at, message in enumerate(prompt) if message["role"] == "assistant"]
        return answers if answers and self.learns_earlier_answers else []

    def tokenize(
        self, prompt: Sequence[Message], completion: Sequence[Message], tools: Tools = None
    ) -> TokenizedRow:
        """Tokenize both, without what the template writes after the last end of turn.

        The completion and the prompt's messages of `learnt_in` are trained on, each up to its end
        of turn.

        Raises:
            ModelError: the template writes a message in another way when others follow it.
            jinja2.TemplateError: the template refuses the messages.
        """
        turns = [
            for_template(message, calls_as_text=self.calls_as_text)
            for message in (*prompt, *completion)
        ]
        learnt_in = self.learnt_in(prompt, completion)
        template = self._training_template if learnt_in else None
        whole = self._render(turns, tools, template=template)
        cuts: list[int] = []
        for at in learnt_in:
            cuts += (
                self._begin(turns, at, tools, whole, template),
                self._end(turns, at, tools, whole, template),
            )
        cuts.append(self._begin(turns, len(prompt), tools, whole, template))
        ids, places = self._ids_cut_at(whole, cuts)
        *earlier, last = places
        pairs = [*zip(earlier[::2], earlier[1::2], strict=True), (last, len(ids))]
        learnt = [(start, self._after_end_of_turn(ids, start, end)) for start, end in pairs]
        return TokenizedRow(ids[: learnt[-1][1]], learnt)

    def _begin(
        self, turns: Sequence[Message], at: int, tools: Tools, whole: str, template: str | None
    ) -> int:
        """Return where an answer begins in the text of all turns, as in serving."""
        before = self._render(turns[:at], tools, template=template, add_generation_prompt=True)
        if not whole.startswith(before):
            raise ModelError(
                "the base model's chat template writes a prompt differently once it is answered, "
                "so training would not see the prompt that serving sends: choose another model"
            )
        return len(before)

    def _end(
        self, turns: Sequence[Message], at: int, tools: Tools, whole: str, template: str | None
    ) -> int:
        """Return where an earlier answer ends in the text of all turns."""
        through = self._render(turns[: at + 1], tools, template=template)
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
        self,
        turns: Sequence[Message],
        tools: Tools,
        *,
        template: str | None,
        add_generation_prompt: bool = False,
    ) -> str:
        """Return the text of the turns; `template` is used instead of the model's, if given."""
        text: Any = self.tokenizer.apply_chat_template(
            list(turns),
            tools=[*tools] if tools else None,
            chat_template=template,
            tokenize=False,
            add_generation_prompt=add_generation_prompt,
        )
        return str(text)

    def _after_end_of_turn(self, ids: list[int], start: int, end: int) -> int:
        """Return the index after the first end-of-turn token of an answer, where serving stops.

        The template may write more after it: ChatML a line feed, Phi 3 the end of the text. Without
        such a token it is `end`, and the proof before the first step names the row.
        """
        return next((at + 1 for at in range(start, end) if ids[at] in self.end_of_turn_ids), end)


def _end_of_turn_ids(
    tokenizer: PreTrainedTokenizerBase, generation: GenerationConfig | None
) -> frozenset[int]:
    found = generation.eos_token_id if generation else None
    listed = found if isinstance(found, list) else [found]
    return frozenset(i for i in [tokenizer.eos_token_id, *listed] if i is not None)
