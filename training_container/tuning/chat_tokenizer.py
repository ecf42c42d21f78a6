"""Turn a prompt and its completion into token ids, exactly as serving will write the prompt."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from transformers import GenerationConfig, PreTrainedTokenizerBase

from tuning.errors import ModelError

Message = dict[str, str]
"""One turn of a conversation: its `role` and its `content`."""


class TokenizedRow(NamedTuple):
    """Ids of prompt and completion; the first `prompt_length` of them are not trained on."""

    input_ids: list[int]
    prompt_length: int


class ChatTokenizer:
    """A tokenizer with the model's chat template and its end-of-turn tokens."""

    def __init__(
        self, tokenizer: PreTrainedTokenizerBase, generation: GenerationConfig | None = None
    ) -> None:
        """Take the end-of-turn tokens from the tokenizer and the model's generation settings.

        Raises:
            ModelError: when there is no chat template or no end-of-turn token.
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
                "a model tuned on it would never stop"
            )

    def tokenize(self, prompt: Sequence[Message], completion: Sequence[Message]) -> TokenizedRow:
        """Tokenize both, and cut what the template writes after the last end of turn."""
        before = self._render(prompt, add_generation_prompt=True)
        whole = self._render([*prompt, *completion], add_generation_prompt=False)
        if not whole.startswith(before):
            raise ModelError(
                "the base model's chat template writes a prompt differently once it is answered, "
                "so training would not see what serving sees: choose another model"
            )
        prompt_ids = self.ids(before)
        input_ids = self.ids(whole)
        if input_ids[: len(prompt_ids)] != prompt_ids:  # a token spans the boundary: part them
            input_ids = prompt_ids + self.ids(whole.removeprefix(before))
        return TokenizedRow(self._cut_after_last_turn(input_ids, len(prompt_ids)), len(prompt_ids))

    def ids(self, text: str) -> list[int]:
        """The ids of a text that already holds its special tokens."""
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def _render(self, messages: Sequence[Message], *, add_generation_prompt: bool) -> str:
        text: Any = self.tokenizer.apply_chat_template(
            list(messages),
            tokenize=False,
            add_generation_prompt=add_generation_prompt,
        )
        return str(text)

    def _cut_after_last_turn(self, ids: list[int], prompt_length: int) -> list[int]:
        # ChatML writes a line feed after <|im_end|>; serving stops before it.
        for index in range(len(ids) - 1, prompt_length - 1, -1):
            if ids[index] in self.end_of_turn_ids:
                return ids[: index + 1]
        return ids  # the proof before the first step names the row


def _end_of_turn_ids(
    tokenizer: PreTrainedTokenizerBase, generation: GenerationConfig | None
) -> frozenset[int]:
    found = generation.eos_token_id if generation else None
    listed = found if isinstance(found, list) else [found]
    return frozenset(i for i in [tokenizer.eos_token_id, *listed] if i is not None)
