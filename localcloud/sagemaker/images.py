"""Finds the program that stands for a container image, by the image's URI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from localcloud.sagemaker.errors import validation_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.sagemaker.settings import Image


def repository(image_uri: str) -> str:
    """`registry/team/name:tag@digest` has the repository name `name`."""
    return image_uri.rsplit("/", 1)[-1].split("@", 1)[0].split(":", 1)[0]


def find_image(
    images: Mapping[str, Image], image_uri: str, command: Literal["train", "serve"]
) -> Image:
    """The image with a program for `command`; ValidationException when there is none."""
    image = images.get(repository(image_uri))
    if image is None or not getattr(image, command):
        known = ", ".join(sorted(name for name in images if getattr(images[name], command)))
        raise validation_error(
            f"Requested image {image_uri} not found. localcloud has a '{command}' program for the "
            f"repositories: {known or 'none'}"
        )
    return image


def find_entrypoint(images: Mapping[str, Image], image_uri: str, word: str) -> Image:
    """The image with a program of that name; ValidationException when there is none."""
    image = images.get(repository(image_uri))
    if image is None or word not in image.entrypoints:
        known = ", ".join(
            f"{name} {entrypoint}"
            for name in sorted(images)
            for entrypoint in sorted(images[name].entrypoints)
        )
        raise validation_error(
            f"Requested image {image_uri} with the entry point {word!r} not found. localcloud has "
            f"the repositories and entry points: {known or 'none'}"
        )
    return image
