"""What the evaluation sends is the prompt that was trained on, tools and calls included.

Functions and container share no code: they meet in the split files and in the chat request.
"""

import json
from typing import Any

import msgspec
import pytest

from serving.chat_request import read_chat_request
from tests.support.builders.fitted_rows import fit
from tests.support.builders.tiny_model import CHATML, make_byte_tokenizer
from tunedrop.documents.rows import Message, Row
from tunedrop.jobs.chat import chat_request
from tunedrop.recipe.schema import Recipe
from tuning.chat_tokenizer import ChatTokenizer
from tuning.row_fitting import IGNORED

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:transformers")

WITH_CALLS = (
    "{% if tools %}<tools>{{ tools | tojson }}</tools>{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m['role'] }}{{ m['tool_call_id'] }}{{ m['name'] }}\n"
    "{{ m['content'] }}{% for c in m['tool_calls'] or [] %}<call>"
    "{{ c['function'] | tojson }}</call>{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CALL = {
    "id": "c1",
    "type": "function",
    "function": {"name": "find_order", "arguments": '{"place": "Tromsø", "id": 7}'},
}
ROW = Row(
    row=1,
    prompt=[
        Message("system", "Be brief."),
        Message("user", "where?", name="ann"),
        Message("assistant", "One moment.", [CALL], weight=1),
        Message("tool", "in Tromsø", tool_call_id="c1", name="find_order"),
        Message("assistant", "", [CALL], weight=0),
        Message("tool", "still there", tool_call_id="c1"),
    ],
    completion=[Message("assistant", "It is in Tromsø.", weight=1)],
    tools=[{"type": "function", "function": {"name": "find_order", "parameters": {}}}],
)


@pytest.mark.parametrize("template", [CHATML, WITH_CALLS], ids=["as text", "by the template"])
def test_the_server_sees_the_prompt_that_was_trained_on(template: str, tmp_path: Any) -> None:
    # Given a row with tools and calls
    tokenizer = make_byte_tokenizer(template)
    chat = ChatTokenizer(tokenizer)
    written = json.loads(msgspec.json.encode(ROW))
    (trained,) = fit(tmp_path, [written], chat, max_length=1024).rows

    payload = chat_request(
        Recipe(), "tuned", ROW.prompt, ROW.tools, calls_as_text=chat.calls_as_text
    )

    # When the evaluation sends it and the server reads it
    request = read_chat_request(json.dumps(payload).encode(), served=("tuned",), default="tuned")

    # Then the prompt is the text that was trained on
    served: Any = tokenizer.apply_chat_template(
        request.messages, tools=[*request.tools], tokenize=False, add_generation_prompt=True
    )

    answer = [at for at, label in enumerate(trained["labels"]) if label == IGNORED][-1] + 1
    assert str(tokenizer.decode(trained["input_ids"][:answer])) == served
    assert "Tromsø" in served.split("still there")[0].split("in Tromsø")[1]  # the second call
