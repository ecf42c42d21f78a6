"""Token by token: exactly the assistant's tokens and the end of each turn are trained on.

The templates are written here as the families' models have them, without their system prompts and
tools. The tokenizers have one token for each mark and one for each byte of other text.
"""

from dataclasses import dataclass

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import GenerationConfig, PreTrainedTokenizerFast

from tests.functional.training_container.tuning.conversations import message
from tests.support.pipeline.training_job import TrainingJob
from tuning.chat_tokenizer import ChatTokenizer
from tuning.row_fitting import IGNORED, labels_of

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:transformers")


@dataclass(frozen=True, kw_only=True)
class Family:
    """A template, the marks of its vocabulary, its end tokens, and a conversation as it writes it.

    In `written`, what must be trained on stands between « and ».
    """

    template: str
    marks: tuple[str, ...]
    ends: tuple[str, ...]
    written: str


CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
FAMILIES = {
    "ChatML": Family(
        template=CHATML,
        marks=("<|im_start|>", "<|im_end|>"),
        ends=("<|im_end|>",),
        written=(
            "<|im_start|>user\none?<|im_end|>\n<|im_start|>assistant\n«first<|im_end|>»\n"
            "<|im_start|>user\ntwo?<|im_end|>\n<|im_start|>assistant\n«second<|im_end|>»"
        ),
    ),
    "Llama 2": Family(
        template=(
            "{% for m in messages %}{% if m['role'] == 'user' %}"
            "{{ bos_token + '[INST] ' + m['content'].strip() + ' [/INST]' }}"
            "{% elif m['role'] == 'assistant' %}{{ ' ' + m['content'].strip() + ' ' + eos_token }}"
            "{% endif %}{% endfor %}"
        ),
        marks=("<s>", "</s>"),
        ends=("</s>",),
        written="<s>[INST] one? [/INST]« first </s>»<s>[INST] two? [/INST]« second </s>»",
    ),
    "Llama 3": Family(
        template=(
            "{% for m in messages %}{% set text = '<|start_header_id|>' + m['role'] + "
            "'<|end_header_id|>\n\n' + m['content'] | trim + '<|eot_id|>' %}"
            "{% if loop.index0 == 0 %}{% set text = bos_token + text %}{% endif %}{{ text }}"
            "{% endfor %}{% if add_generation_prompt %}"
            "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
        ),
        marks=(
            "<|begin_of_text|>",
            "<|end_of_text|>",
            "<|eot_id|>",
            "<|start_header_id|>",
            "<|end_header_id|>",
        ),
        ends=("<|end_of_text|>", "<|eot_id|>"),
        written=(
            "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\none?<|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\n«first<|eot_id|>»"
            "<|start_header_id|>user<|end_header_id|>\n\ntwo?<|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\n«second<|eot_id|>»"
        ),
    ),
    "Mistral": Family(
        template=(
            "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}"
            "{{ '[INST] ' + m['content'] + '[/INST]' }}{% else %}"
            "{{ ' ' + m['content'] + eos_token }}{% endif %}{% endfor %}"
        ),
        marks=("<s>", "</s>", "[INST]", "[/INST]"),
        ends=("</s>",),
        written="<s>[INST] one?[/INST]« first</s>»[INST] two?[/INST]« second</s>»",
    ),
    "Gemma": Family(
        template=(
            "{{ bos_token }}{% for m in messages %}"
            "{% set role = 'model' if m['role'] == 'assistant' else m['role'] %}"
            "{{ '<start_of_turn>' + role + '\n' + m['content'] | trim + '<end_of_turn>\n' }}"
            "{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
        ),
        marks=("<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"),
        ends=("<eos>", "<end_of_turn>"),
        written=(
            "<bos><start_of_turn>user\none?<end_of_turn>\n<start_of_turn>model\n"
            "«first<end_of_turn>»\n<start_of_turn>user\ntwo?<end_of_turn>\n"
            "<start_of_turn>model\n«second<end_of_turn>»"
        ),
    ),
    "Qwen": Family(
        template=(
            "{% if messages[0]['role'] != 'system' %}"
            "{{ '<|im_start|>system\nYou are helpful.<|im_end|>\n' }}{% endif %}" + CHATML
        ),
        marks=("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
        ends=("<|im_end|>", "<|endoftext|>"),
        written=(
            "<|im_start|>system\nYou are helpful.<|im_end|>\n"
            "<|im_start|>user\none?<|im_end|>\n<|im_start|>assistant\n«first<|im_end|>»\n"
            "<|im_start|>user\ntwo?<|im_end|>\n<|im_start|>assistant\n«second<|im_end|>»"
        ),
    ),
    "Phi": Family(
        template=(
            "{% for m in messages %}"
            "{{ '<|' + m['role'] + '|>\n' + m['content'] + '<|end|>\n' }}{% endfor %}"
            "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}"
            "{% else %}{{ eos_token }}{% endif %}"
        ),
        marks=("<|endoftext|>", "<|user|>", "<|assistant|>", "<|end|>"),
        ends=("<|endoftext|>", "<|end|>"),
        written=(
            "<|user|>\none?<|end|>\n<|assistant|>\n«first<|end|>»\n"
            "<|user|>\ntwo?<|end|>\n<|assistant|>\n«second<|end|>»"
        ),
    ),
}
GENERATION = (
    "{{ '<|im_start|>assistant\n' }}{% generation %}{{ m['content'] + '<|im_end|>' }}"
    "{% endgeneration %}{{ '\n' }}"
)
"""An answer in a template that marks what is learnt, as newer models and TRL's templates do."""

FAMILIES["with generation marks"] = Family(
    template=(
        "{% for m in messages %}{% if m['role'] == 'assistant' %}" + GENERATION + "{% else %}"
        "{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}{% endif %}"
        "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    ),
    marks=FAMILIES["ChatML"].marks,
    ends=FAMILIES["ChatML"].ends,
    written=FAMILIES["ChatML"].written,
)
PROMPT = [message("user", "one?"), message("assistant", "first"), message("user", "two?")]
ANSWER = [message("assistant", "second")]


def chat_of(family: Family, *, learns_every_turn: bool = True) -> ChatTokenizer:
    """Return a tokenizer in which each mark and each byte is one token."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {symbol: at for at, symbol in enumerate([*family.marks, *alphabet])}
    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    backend.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend,
        bos_token=family.marks[0],
        eos_token=family.ends[0],
        additional_special_tokens=list(family.marks),
        chat_template=family.template,
    )
    ends = tokenizer.convert_tokens_to_ids(list(family.ends))
    generation = GenerationConfig(eos_token_id=ends)  # type: ignore[no-untyped-call]
    return ChatTokenizer(tokenizer, generation, learns_every_turn=learns_every_turn)


def tokens_of(chat: ChatTokenizer, written: str) -> list[tuple[int, bool]]:
    """Return each token of a text, and whether it stands between « and »."""
    found: list[tuple[int, bool]] = []
    for at, part in enumerate(written.replace("»", "«").split("«")):
        found += [(token, at % 2 == 1) for token in chat.ids(part)]
    return found


def learnt_tokens(chat: ChatTokenizer) -> list[tuple[int, bool]]:
    """Return each token of the conversation, and whether it is trained on."""
    row = chat.tokenize(PROMPT, ANSWER)
    labels = labels_of(row)
    assert all(
        label in (token, IGNORED) for token, label in zip(row.input_ids, labels, strict=True)
    )
    return [(token, label != IGNORED) for token, label in zip(row.input_ids, labels, strict=True)]


@pytest.mark.parametrize("name", FAMILIES)
def test_every_answer_and_its_end_is_trained_on_and_nothing_else(name: str) -> None:
    # Given a conversation with two answers, and a family's template
    family = FAMILIES[name]
    chat = chat_of(family)

    # When it is tokenized
    found = learnt_tokens(chat)

    # Then each token is as expected, and trained on if it belongs to an answer
    assert found == tokens_of(chat, family.written)


@pytest.mark.parametrize(("learn", "every_turn"), [("all", True), ("last", False)])
def test_a_job_learns_what_its_configuration_says(
    job: TrainingJob, learn: str, *, every_turn: bool
) -> None:
    # Given a job whose rows leave no token to train on, so that it ends before the training
    rows = [{"row": 1, "prompt": PROMPT, "completion": [message("assistant", "")]}]
    job.give({}, train=rows, validation=rows, learn=learn)

    # When it has told how it reads the template
    (told,) = [line for line in job.run().lines if line.get("event") == "template"]

    # Then it is as the configuration says
    assert told["every_turn"] is every_turn


@pytest.mark.parametrize("name", FAMILIES)
def test_the_last_answer_alone_is_trained_on_if_asked_for(name: str) -> None:
    # Given the same conversation, of which the last answer is to be learnt
    family = FAMILIES[name]
    chat = chat_of(family, learns_every_turn=False)

    # When it is tokenized
    found = learnt_tokens(chat)

    # Then the tokens are the same, and those of the first answer are not trained on
    first, _, second = family.written.rpartition("«")
    assert found == tokens_of(chat, f"{first.replace('«', '').replace('»', '')}«{second}")
