"""The metrics of the tasks that are judged by likelihoods."""

from tunedrop.documents.figures import NATS, PERPLEXITY
from tunedrop.evaluation.scoring.kinds import RowMetric
from tunedrop.evaluation.scoring.likelihood import (
    is_preferred,
    margin_of,
    weighted_likelihood,
    weighted_total,
)

LIKELIHOOD_MARGIN = RowMetric(
    name="likelihood_margin",
    title="likelihood margin",
    explains="How much likelier the model makes the better answer than the worse one: the "
    "difference of their log-likelihoods a token, in nats; above 0 the better one is likelier.",
    phrase="a likelihood margin of {}",
    score=margin_of,
    binary=False,
    scale=NATS,
)
PREFERRED = RowMetric(
    name="preferred",
    title="better answer preferred",
    explains="The share of rows whose better answer is likelier, a token, than the worse one.",
    phrase="the better answer preferred in {} of rows",
    score=is_preferred,
    binary=True,
)
JUDGED_MARGIN = RowMetric(
    name="judged_margin",
    title="likelihood margin",
    explains="How much likelier the model makes good answers than bad ones: the difference of "
    "their mean log-likelihoods a token, in nats.",
    phrase="a likelihood margin of {}",
    score=weighted_likelihood,
    binary=False,
    scale=NATS,
)
PERPLEXITY_METRIC = RowMetric(
    name="perplexity",
    title="perplexity",
    explains="How uncertain the model is about the next token of a text: a perplexity of 10 is as "
    "uncertain as a choice among 10 tokens that are equally likely. Lower is better.",
    phrase="a perplexity of {}",
    score=weighted_total,
    binary=False,
    scale=PERPLEXITY,
)
