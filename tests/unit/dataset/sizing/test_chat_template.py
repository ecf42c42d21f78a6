"""Chat templates are rendered as transformers renders them, or are refused without harm."""

import json

import pytest

from tunedrop.dataset.sizing.chat_template import ChatTemplate
from tunedrop.documents.rows import Message

PLAIN = (
    "{{ bos_token }}"
    "{% for m in messages %}[{{ m.role }}]{{ m.content }}{{ eos_token }}\n{% endfor %}"
)
ROW = [Message("user", "hello"), Message("assistant", "hi")]


def template(text: object, **settings: object) -> ChatTemplate:
    config = {"bos_token": "<s>", "eos_token": "</s>", "chat_template": text, **settings}
    return ChatTemplate(json.dumps(config).encode())


def test_the_text_ends_with_the_last_end_of_turn() -> None:
    assert template(PLAIN).text(ROW, None) == "<s>[user]hello</s>\n[assistant]hi</s>"


def test_of_several_templates_the_default_one_is_used() -> None:
    # Given
    several = [{"name": "tool_use", "template": "x"}, {"name": "default", "template": PLAIN}]

    # Then
    assert template(several).text(ROW, None) == template(PLAIN).text(ROW, None)


def test_functions_that_templates_of_models_call_are_there() -> None:
    # Given
    text = (
        "{% for m in messages %}{% if m.role == 'tool' %}{% continue %}{% endif %}{{ m | tojson }}"
        "{% endfor %}{{ strftime_now('%Y')[:2] }}"
    )

    # When
    found = template(text, eos_token=None).text(ROW, None)

    # Then
    assert found == '{"role": "user", "content": "hello"}{"role": "assistant", "content": "hi"}20'


@pytest.mark.parametrize(
    "text",
    [
        "{{ raise_exception('roles must alternate') }}",
        "{{ messages[9].content }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{% for n in range(10000000) %}x{% endfor %}",
    ],
    ids=["it refuses the row", "it fails", "it reaches for Python", "it never ends"],
)
def test_a_row_that_a_template_cannot_render_has_no_text(text: str) -> None:
    assert template(text).text(ROW, None) is None


@pytest.mark.parametrize(
    "config",
    [b"{}", b"no json", b"[]", b'{"chat_template": "{% if %}"}', b'{"chat_template": 7}'],
)
def test_a_model_without_a_usable_template_is_a_value_error(config: bytes) -> None:
    with pytest.raises(ValueError, match="chat template"):
        ChatTemplate(config)
