"""Tools and their calls in OpenAI's form, also the older `functions` and `function_call`.

Source: https://platform.openai.com/docs/api-reference/fine-tuning/chat-input
"""

from typing import Any

import msgspec

from tunedrop.dataset.readers.record import Fields, RowError

Tool = dict[str, Any]
"""A tool or a call: {"type": "function", "function": {"name": …, …}}."""


NAMES = ("tools", "functions", "toolConfig")


_SCHEMAS = ("inputSchema", "input_schema")


def tools_of(fields: Fields) -> list[Tool] | None:
    """Return the tools of a row, or None when it has none.

    Bedrock has them in `toolConfig`, Vertex AI in `functionDeclarations` of a tool.

    Raises:
        RowError: names the invalid tool by its JSON path.
    """
    name = next((name for name in NAMES if fields.get(name)), "tools")
    given = fields.get(name)
    given = given.get("tools") if name == "toolConfig" and isinstance(given, dict) else given
    if isinstance(given, str) and given.lstrip().startswith("["):
        given = _parsed(given, name)
    if not given:
        return None
    if not isinstance(given, list):
        raise RowError("wrong_type", f"{name} is not a list of tools.", name)
    return [_tool(tool, f"{name}[{at}]") for at, tool in enumerate(_declared(given))]


def _declared(tools: list[Any]) -> list[Any]:
    found: list[Any] = []
    for tool in tools:
        several = tool.get("functionDeclarations") if isinstance(tool, dict) else None
        found += several if isinstance(several, list) else [tool]
    return found


def _tool(tool: Any, path: str) -> Tool:
    function = tool.get("toolSpec", tool.get("function", tool)) if isinstance(tool, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise RowError("wrong_type", f"{path} names no function.", path)
    schema = function.get("inputSchema", function.get("input_schema"))  # Bedrock, Anthropic
    if schema is not None:
        held = schema.get("json", schema) if isinstance(schema, dict) else schema
        named = {key: value for key, value in function.items() if key not in _SCHEMAS}
        function = {**named, "parameters": held}
    return {"type": "function", "function": function}


def calls_in(value: Any, path: str) -> list[Tool]:
    """Return ShareGPT's calls: one object or a list, mostly as JSON text.

    Raises:
        RowError: the value is no call.
    """
    if isinstance(value, str):
        value = _parsed(value, path)
    calls = value if isinstance(value, list) else [value]
    return [_call({"function": call}, path, f"{path}.arguments", "assistant") for call in calls]


def calls_of(message: dict[str, Any], role: str, path: str) -> list[Tool] | None:
    """Return the calls of a message with arguments as a JSON string, or None without calls.

    Raises:
        RowError: names the invalid call by its JSON path.
    """
    legacy = message.get("function_call") or None
    calls = message.get("tool_calls") or None
    if calls is None and legacy is not None:
        arguments_at = f"{path}.function_call.arguments"
        return [_call({"function": legacy}, f"{path}.function_call", arguments_at, role)]
    if calls is None:
        return None
    path = f"{path}.tool_calls"
    if not isinstance(calls, list):
        raise RowError("wrong_type", f"{path} is not a list.", path)
    return [
        _call(call, f"{path}[{at}]", f"{path}[{at}].function.arguments", role)
        for at, call in enumerate(calls)
    ]


def _call(call: Any, path: str, arguments_at: str, role: str) -> Tool:
    if role != "assistant":
        raise RowError("wrong_type", f"{path}: only the assistant calls tools.", path)
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise RowError("wrong_type", f"{path} names no function.", path)
    called = {
        "name": function["name"],
        "arguments": _arguments(function.get("arguments"), arguments_at),
    }
    known = {"id": call["id"]} if isinstance(call.get("id"), str) else {}
    return {**known, "type": "function", "function": called}


def _arguments(value: Any, path: str) -> str:
    """Return arguments as the JSON text of an object; missing ones as an empty object."""
    text = value.strip() or "{}" if isinstance(value, str) else None
    try:
        found = msgspec.json.decode(text) if text is not None else value or {}
    except (ValueError, RecursionError) as error:
        raise _no_arguments(path, f"no valid JSON: {error}") from None
    if not isinstance(found, dict):
        raise _no_arguments(path, "no JSON object")
    return text if text is not None else msgspec.json.encode(found).decode()


def _no_arguments(path: str, what: str) -> RowError:
    fix = 'Write the arguments as a JSON object, such as {"city": "Oslo"}.'
    return RowError("bad_arguments", f"{path} is {what}.", path, fix)


def _parsed(text: str, name: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError) as error:
        raise RowError("invalid_json", f"{name} is not valid JSON: {error}.", name) from None
