"""Chat templates for base models that have none."""

from typing import Final

from transformers import PreTrainedTokenizerBase

CHATML: Final = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""ChatML, for tokenizers whose vocabulary has its marks and whose end token is its end of turn."""

HEADINGS: Final = (
    "{{ bos_token if bos_token else '' }}"
    "{% for message in messages %}"
    "{{ '### ' + message['role'] | capitalize + ':\n' + message['content'] }}"
    "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}"
    "{{ '\n\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '### Assistant:\n' }}{% endif %}"
)
"""Headings in plain text, as Alpaca's format has them, for every other tokenizer: a base model
knows no marks of turns. An answer ends with the model's own end token.
https://github.com/tatsu-lab/stanford_alpaca#data-release
"""


def template_for(tokenizer: PreTrainedTokenizerBase) -> str:
    """Return the chat template that suits a tokenizer without one."""
    marks = tokenizer.get_vocab().keys() & {"<|im_start|>", "<|im_end|>"}
    chatml = len(marks) == 2 and tokenizer.eos_token == "<|im_end|>"  # noqa: PLR2004, S105  a mark
    return CHATML if chatml else HEADINGS
