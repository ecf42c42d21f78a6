"""Let an endpoint that has answered with the base weights serve fully tuned ones.

vLLM serves one set of weights and adapters of it, so that base and tuned weights answer one after
the other on the same endpoint.
"""

from tunedrop.documents.names import tuned_name
from tunedrop.documents.run import Run
from tunedrop.errors import HostingError
from tunedrop.jobs.endpoint import HostingSettings, endpoint_config_request, tuned_model_request
from tunedrop.ports.sagemaker import Endpoint, SageMaker
from tunedrop.recipe.hyperparameters import Hyperparameters
from tunedrop.recipe.schema import Recipe


def serve_tuned(  # noqa: PLR0913, PLR0917  what is served, and where
    run: Run,
    recipe: Recipe,
    trained: Hyperparameters,
    endpoint: Endpoint,
    sagemaker: SageMaker,
    settings: HostingSettings,
) -> None:
    """Update the endpoint to the tuned weights; it goes on with the base weights until then.

    `trained` are the hyperparameters of the training.

    Raises:
        HostingError: it was updated before and came back with the base weights, or SageMaker
            refuses the update.
        LimitError: too many instances are in use. An update needs a second one meanwhile.
    """
    if endpoint.failure_reason:
        raise HostingError(
            f"The endpoint {endpoint.name} could not serve the tuned weights: "
            f"{endpoint.failure_reason}",
            f"Read the log group /aws/sagemaker/Endpoints/{endpoint.name}; then drop the file "
            "again.",
        )
    sagemaker.update_endpoint(
        tuned_model_request(run, recipe, trained, run.links["artifact"], settings),
        endpoint_config_request(run, recipe, settings, tuned_name(run.name)),
        run.name,
    )
