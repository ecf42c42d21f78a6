"""Reads the SAM template, and replaces its local folders by uploaded packages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from samtranslator.yaml_helper import intrinsics_multi_constructor

from localcloud.service import LocalCloudError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
        *,
        code: str = "CodeUri",
        content: str = "ContentUri",
    ) -> None:
        """Replace every local folder by an S3 URI.

        Args:
            upload: uploads a folder for a resource type, and returns its `s3://` URI.
            code: the property of functions that names the folder, also under Globals.
            content: the property of layers that names the folder.
        """
        shared = self.document.get("Globals", {}).get("Function", {})
        self._replace(shared, code, FUNCTION, upload)
        for _, resource in self.resources():
            properties = resource.get("Properties", {})
            if resource["Type"] == FUNCTION:
                self._replace(properties, code, FUNCTION, upload)
            elif resource["Type"] == LAYER:
                self._replace(properties, content, LAYER, upload)

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
