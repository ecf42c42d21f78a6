"""The metrics, by name. A new one is added here and to its task in `tasks.py`."""

from tunedrop.evaluation.scoring.f1 import macro_f1
from tunedrop.evaluation.scoring.kinds import CorpusMetric, Metric, RowMetric
from tunedrop.evaluation.scoring.likelihood_metrics import (
    JUDGED_MARGIN,
    LIKELIHOOD_MARGIN,
    PERPLEXITY_METRIC,
    PREFERRED,
)
from tunedrop.evaluation.scoring.overlap import chrf, rouge_l
from tunedrop.evaluation.scoring.sql import same_query, same_results
from tunedrop.evaluation.scoring.structured import (
    field_f1,
    has_form,
    is_parsed,
    label_macro_f1,
    micro_f1,
    same,
)
from tunedrop.evaluation.scoring.text import exact_match, token_f1
from tunedrop.evaluation.scoring.tool_calls import (
    are_calls,
    same_arguments,
    same_calls,
    same_names,
)

ACCURACY = RowMetric(
    name="accuracy",
    title="accuracy",
    explains="The share of rows whose answer names the right label.",
    phrase="{} of answers right",
    score=lambda prediction, gold: float(prediction == gold),
    binary=True,
)
MACRO_F1 = CorpusMetric(
    name="macro_f1",
    title="macro-F1",
    explains="The mean of the labels' F1: a rare label weighs as much as a common one.",
    phrase="a macro-F1 of {}",
    score=macro_f1,
)
EXACT_MATCH = RowMetric(
    name="exact_match",
    title="exact match",
    explains="The share of answers with the same words as the right answer, in the same order.",
    phrase="{} of answers exactly right",
    score=exact_match,
    binary=True,
)
TOKEN_F1 = RowMetric(
    name="token_f1",
    title="token F1",
    explains="How well the words of the answer match those of the right answer: 100% means the "
    "same words and no others.",
    phrase="a token F1 of {}",
    score=token_f1,
    binary=False,
)

ROUGE_L = RowMetric(
    name="rouge_l",
    title="ROUGE-L",
    explains="How many words of the right answer the answer has in the same order: F1 of the "
    "longest common subsequence.",
    phrase="a ROUGE-L of {}",
    score=rouge_l,
    binary=False,
)
CHRF = RowMetric(
    name="chrf",
    title="chrF",
    explains="How many sequences of one to six characters the answer shares with the right answer; "
    "recall weighs twice as much as precision.",
    phrase="a chrF of {}",
    score=chrf,
    binary=False,
)
FIELD_F1 = RowMetric(
    name="field_f1",
    title="field F1",
    explains="How well the fields of the JSON match those of the right answer, each by its path, "
    "type and value.",
    phrase="a field F1 of {}",
    score=field_f1,
    binary=False,
)
EXACT_JSON = RowMetric(
    name="exact_json",
    title="exact JSON",
    explains="The share of answers with the same JSON as the right answer; the order of keys does "
    "not count.",
    phrase="{} of answers exactly right",
    score=same,
    binary=True,
)
SCHEMA_VALID = RowMetric(
    name="schema_valid",
    title="schema-valid rate",
    explains="The share of answers with the fields of the right answer, each with its type.",
    phrase="{} of answers in the right form",
    score=has_form,
    binary=True,
)
JSON_PARSED = RowMetric(
    name="json_parsed",
    title="JSON parse rate",
    explains="The share of answers that contain JSON.",
    phrase="{} of answers with JSON",
    score=is_parsed,
    binary=True,
)
MICRO_F1 = CorpusMetric(
    name="micro_f1",
    title="micro-F1",
    explains="The F1 of all labels of all rows together.",
    phrase="a micro-F1 of {}",
    score=micro_f1,
)
LABEL_MACRO_F1 = CorpusMetric(
    name="label_macro_f1",
    title="macro-F1",
    explains="The mean of the labels' F1: a rare label weighs as much as a common one.",
    phrase="a macro-F1 of {}",
    score=label_macro_f1,
)
EXACT_SET = RowMetric(
    name="exact_set",
    title="exact set",
    explains="The share of rows whose answer names exactly the right labels.",
    phrase="{} of label sets right",
    score=same,
    binary=True,
)
EXECUTION_ACCURACY = RowMetric(
    name="execution_accuracy",
    title="execution accuracy",
    explains="The share of queries that return what the right query returns, on small databases "
    "made from the prompt's tables.",
    phrase="{} of queries with the right results",
    score=same_results,
    binary=True,
)
EXACT_QUERY = RowMetric(
    name="exact_query",
    title="exact query",
    explains="The share of queries with the same text as the right one; spaces and the case of "
    "unquoted words do not count.",
    phrase="{} of queries exactly right",
    score=same_query,
    binary=True,
)

TOOL_CALL = RowMetric(
    name="tool_call",
    title="tool calls",
    explains="The share of answers that call the right functions with the right arguments; where "
    "the right answer is a text, an answer without a call is right.",
    phrase="{} of tool calls right",
    score=same_calls,
    binary=True,
    applies=are_calls,
)
TOOL_NAME = RowMetric(
    name="tool_name",
    title="tool names",
    explains="The share of answers that call the right functions, whatever the arguments.",
    phrase="{} of tool names right",
    score=same_names,
    binary=True,
    applies=are_calls,
)
TOOL_ARGUMENTS = RowMetric(
    name="tool_arguments",
    title="tool arguments",
    explains="The share of answers whose calls have the right arguments, whatever the functions.",
    phrase="{} of tool arguments right",
    score=same_arguments,
    binary=True,
    applies=are_calls,
)

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        ACCURACY,
        MACRO_F1,
        EXACT_MATCH,
        TOKEN_F1,
        ROUGE_L,
        CHRF,
        FIELD_F1,
        EXACT_JSON,
        SCHEMA_VALID,
        JSON_PARSED,
        MICRO_F1,
        LABEL_MACRO_F1,
        EXACT_SET,
        EXECUTION_ACCURACY,
        EXACT_QUERY,
        TOOL_CALL,
        TOOL_NAME,
        TOOL_ARGUMENTS,
        LIKELIHOOD_MARGIN,
        PREFERRED,
        JUDGED_MARGIN,
        PERPLEXITY_METRIC,
    )
}
