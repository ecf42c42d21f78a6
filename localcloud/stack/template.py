"""Reads the SAM template, and replaces its local folders by uploaded packages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from samtranslator.yaml_helper import intrinsics_multi_constructor

from localcloud.service import LocalCloudError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PROJECT = Path(__file__).resolve().parents[2]
TEMPLATE = PROJECT / "template.yaml"
"""The product's template."""
FUNCTION = "AWS::Serverless::Function"
LAYER = "AWS::Serverless::LayerVersion"


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms (`!Ref`, `!Sub`)."""


_Loader.add_multi_constructor("!", intrinsics_multi_constructor)


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template and the folder its paths are relative to."""

    document: dict[str, Any]
    folder: Path

    @staticmethod
    def read(path: Path) -> Template:
        """Read a template; raises LocalCloudError when it is missing or not YAML."""
        try:
            document = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  # nosec B506 - a SafeLoader
        except OSError as error:
            raise LocalCloudError(
                f"the template {path} cannot be read: {error.strerror}"
            ) from error
        except yaml.YAMLError as error:
            raise LocalCloudError(f"the template {path} is not YAML: {error}") from error
        return Template(document, path.parent)

    def resources(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Logical ids and resources."""
        yield from self.document["Resources"].items()

    def replace_local_code(
        self,
        upload: Callable[[Path, str], str],
        parameters: Mapping[str, str],
        *,
        code: str = "CodeUri",
        content: str = "ContentUri",
    ) -> None:
        """Replace every local folder by an S3 URI.

        A folder of a resource whose condition is false is not uploaded.

        Args:
            upload: uploads a folder for a resource type, and returns its `s3://` URI.
            parameters: the values of the stack's parameters that differ from their defaults.
            code: the property of functions that names the folder, also under Globals.
            content: the property of layers that names the folder.
        """
        shared = self.document.get("Globals", {}).get("Function", {})
        self._replace(shared, code, FUNCTION, upload)
        for _, resource in self.resources():
            properties = resource.get("Properties", {})
            made = self.is_made(resource, parameters)
            if resource["Type"] == FUNCTION:
                self._replace(properties, code, FUNCTION, upload if made else _not_uploaded)
            elif resource["Type"] == LAYER:
                self._replace(properties, content, LAYER, upload if made else _not_uploaded)

    def is_made(self, resource: Mapping[str, Any], parameters: Mapping[str, str]) -> bool:
        """Return whether a stack with these parameters has the resource, by its condition.

        A condition that needs more than the parameters counts as true.
        """
        if "Condition" not in resource:
            return True
        declared = self.document.get("Parameters", {}).items()
        defaults = {name: one["Default"] for name, one in declared if "Default" in one}
        try:
            return self._holds({"Condition": resource["Condition"]}, {**defaults, **parameters})
        except LookupError:
            return True

    def _holds(self, expression: Mapping[str, Any], parameters: Mapping[str, Any]) -> bool:
        """Return whether a condition holds; raises LookupError when it cannot be decided here."""
        ((function, operand),) = expression.items()
        if function == "Condition":
            return self._holds(self.document["Conditions"][operand], parameters)
        if function == "Fn::Equals":
            left, right = (_value(each, parameters) for each in operand)
            return left == right
        combine = {"Fn::Not": lambda held: not all(held), "Fn::And": all, "Fn::Or": any}[function]
        return combine([self._holds(each, parameters) for each in operand])

    def _replace(
        self, properties: dict[str, Any], name: str, kind: str, upload: Callable[[Path, str], str]
    ) -> None:
        value = properties.get(name)
        if not isinstance(value, str) or value.startswith("s3://"):
            return
        folder = self.folder / value
        if not folder.is_dir():
            raise LocalCloudError(f"{name} {value} of the template: {folder} is no folder")
        properties[name] = upload(folder, kind)


def _not_uploaded(folder: Path, _kind: str) -> str:
    # SAM's transform demands the URI of an archive also for what the stack does not have.
    return f"s3://not-uploaded/{folder.name}"


def _value(operand: Any, parameters: Mapping[str, Any]) -> str:
    """Return an operand of Fn::Equals; raises LookupError unless it is a text or a parameter."""
    if not isinstance(operand, dict):
        return str(operand)
    return str(parameters[operand["Ref"]])
