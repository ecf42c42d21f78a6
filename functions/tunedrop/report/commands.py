"""Shell commands for the emails. They work with versions 1 and 2 of the AWS CLI."""

import shlex

import msgspec

from tunedrop.documents.characters import json_line, visible
from tunedrop.documents.judgement import Example


def ask_tuned(endpoint: str, example: Example, region: str | None) -> str:
    """Return the commands that send one question to the tuned model.

    The question is written to a file, because version 2 of the CLI reads an inline body as Base64.
    """
    question = {"model": "tuned", **msgspec.to_builtins(example)}
    return "\n".join(
        (
            "cat > question.json <<'END'",
            json_line(question),
            "END",
            f"aws sagemaker-runtime invoke-endpoint{_in(region)} \\",
            f"  --endpoint-name {endpoint} \\",
            "  --content-type application/json --body fileb://question.json answer.json",
            "cat answer.json",
        )
    )


def delete_endpoint(endpoint: str, region: str | None) -> str:
    """Return the command that deletes an endpoint, so that it costs nothing any more."""
    return f"aws sagemaker delete-endpoint{_in(region)} --endpoint-name {endpoint}"


def download(uri: str, region: str | None) -> str:
    """Return the command that copies an object into the current folder."""
    return f"aws s3 cp{_in(region)} {shlex.quote(visible(uri))} ."


def move(uri: str, target: str, region: str | None) -> str:
    """Return the command that moves an object within S3."""
    return f"aws s3 mv{_in(region)} {shlex.quote(visible(uri))} {shlex.quote(visible(target))}"


def upload(file: str, uri: str, region: str | None) -> str:
    """Return the command that copies a file of the current folder to an object."""
    return f"aws s3 cp{_in(region)} {shlex.quote(file)} {shlex.quote(visible(uri))}"


def _in(region: str | None) -> str:
    return f" --region {region}" if region else ""
