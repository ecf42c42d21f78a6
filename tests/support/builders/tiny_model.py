"""A causal language model small enough to train in seconds, written as a Hugging Face directory.

Two Llama layers, hidden size 64, a byte-level tokenizer and a ChatML template: every part of the
real path (chat template, LoRA, safetensors, generation) is exercised, only the size is a toy's. It
knows nothing, but its adapter learns to tell two kinds of short text apart in seconds (LEARNABLE).
"""

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

END_OF_TURN = "<|im_end|>"
SPECIAL_TOKENS = ["<|endoftext|>", "<|im_start|>", END_OF_TURN]
CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
CONTEXT_TOKENS = 1024
LEARNABLE = {"epochs": 3.0, "learning_rate": 5e-3, "lora_dropout": 0.0, "max_length": 512}
"""Hyperparameters with which it visibly learns from about 160 rows of at most 100 characters."""


def make_tiny_model(directory: Path) -> None:
    """Write the model, its tokenizer and its generation settings into `directory` (0.5 MB)."""
    tokenizer = make_byte_tokenizer()
    torch.manual_seed(17)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=CONTEXT_TOKENS,
            initializer_range=0.15,
            bos_token_id=SPECIAL_TOKENS.index("<|im_start|>"),
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            tie_word_embeddings=True,
        )
    )
    # Only the adapter is trained. At the usual scale (0.02) frozen random features are too faint
    # for it to work with; at this one two classes are told apart after 60 steps at 5e-3.
    torch.nn.init.normal_(model.model.embed_tokens.weight, std=0.4)
    directory.mkdir(parents=True, exist_ok=True)
    model.bfloat16().save_pretrained(directory)
    tokenizer.save_pretrained(directory)


def make_byte_tokenizer(chat_template: str = CHATML) -> PreTrainedTokenizerFast:
    """A tokenizer of the 256 bytes and three special tokens; it can spell any text."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {symbol: index for index, symbol in enumerate([*SPECIAL_TOKENS, *alphabet])}
    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    backend.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend,
        eos_token=END_OF_TURN,
        pad_token=SPECIAL_TOKENS[0],
        additional_special_tokens=SPECIAL_TOKENS,
        chat_template=chat_template,
    )
