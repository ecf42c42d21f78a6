"""CloudWatch Logs: filters that ministack takes for true, because it does not understand them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ministack.core.responses import error_response_json
from ministack.services import cloudwatch_logs

from localcloud.aws.log_filters.conditions import PatternError
from localcloud.aws.log_filters.patterns import message_filter
from localcloud.aws.log_filters.queries import query_filter

if TYPE_CHECKING:
    from collections.abc import Callable

Request = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]

_filter_log_events = cloudwatch_logs._filter_log_events  # noqa: SLF001
_start_query = cloudwatch_logs._start_query  # noqa: SLF001


def install() -> None:
    """Replace what compiles filters; one that is not understood is an error of the request."""
    cloudwatch_logs._compile_filter_pattern = message_filter  # noqa: SLF001
    cloudwatch_logs._compile_insights_filter = _insights_filter  # noqa: SLF001
    cloudwatch_logs._filter_log_events = lambda request: _answer(  # noqa: SLF001
        _filter_log_events, request, "InvalidParameterException"
    )
    cloudwatch_logs._start_query = lambda request: _answer(  # noqa: SLF001
        _start_query, request, "MalformedQueryException"
    )


def _insights_filter(stage: str) -> Callable[[Request], bool]:
    return query_filter(re.sub(r"(?i)^\s*filter\b", "", stage))


def _answer(operation: Callable[[Request], Answer], request: Request, code: str) -> Answer:
    try:
        return operation(request)
    except PatternError as error:
        refusal: Answer = error_response_json(code, str(error), 400)
        return refusal
