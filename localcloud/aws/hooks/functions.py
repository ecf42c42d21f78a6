"""Lambda functions run in localcloud's own processes instead of ministack's workers.

ministack's worker inherits the host's environment and packages and knows no memory limit.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

from localcloud.function_runtime.specification import FunctionSpecification

if TYPE_CHECKING:
    from pathlib import Path

    from localcloud.function_runtime.code import CodeStore
    from localcloud.function_runtime.pool import FunctionPool

Record = dict[str, Any]


def _event_invoke_config(function: Record, qualifier: str | None) -> Record | None:
    """Return the settings of asynchronous calls; a function without a qualifier is `$LATEST`.

    CloudFormation names the qualifier `$LATEST`, and a request may leave it out.
    """
    configurations = function.get("event_invoke_configs") or {}
    names = ("", "$LATEST") if qualifier in {None, "", "$LATEST"} else (qualifier,)
    found = (configurations.get(name) for name in names)
    return next((configuration for configuration in found if configuration), None)


class FunctionExecutor:
    """Runs ministack's function records in a pool."""

    def __init__(self, pool: FunctionPool, code: CodeStore) -> None:
        self._pool = pool
        self._code = code
        self._peak_memory_mb: dict[str, int] = {}

    def install(self) -> None:
        """Replace ministack's execution, its end of outdated workers, and REPORT's memory figure.

        Fetched archives are cached, so that functions of one package share its bytes. A cached
        archive is never outdated, because an archive is named after its content.
        """
        fetch = lambda_svc._fetch_code_from_s3  # noqa: SLF001
        lambda_svc._fetch_code_from_s3 = lru_cache(maxsize=4)(fetch)  # noqa: SLF001
        lambda_svc._execute_function_warm = self.execute  # noqa: SLF001
        lambda_svc._probe_peak_memory_mb = self.peak_memory_mb  # noqa: SLF001
        lambda_svc.invalidate_worker = self.invalidate
        provisioners._lambda_svc.invalidate_worker = self.invalidate  # noqa: SLF001
        lambda_svc._event_invoke_config = _event_invoke_config  # noqa: SLF001

    def execute(self, function: Record, event: Any, request_id: str) -> Record:
        """Run one invocation; the answer has the shape `lambda_svc._execute_function` expects."""
        config = function.get("config") or function
        specification = self._specification(function, config)
        outcome = self._pool.invoke(specification, event, request_id)
        self._peak_memory_mb[specification.name] = outcome.peak_memory_mb
        if outcome.error is None:
            return {"body": outcome.result, "log": outcome.log}
        return {"body": outcome.error, "error": True, "log": outcome.log}

    def peak_memory_mb(self, function: Record) -> int:
        """The most memory the last invocation of the function used, in megabytes."""
        config = function.get("config") or function
        return self._peak_memory_mb.get(config["FunctionName"], 0)

    def invalidate(self, name: str, **_scope: str) -> None:
        """End the processes of a function whose code or configuration changed."""
        self._pool.end(name)

    def _specification(self, function: Record, config: Record) -> FunctionSpecification:
        name = config["FunctionName"]
        logging_config = config.get("LoggingConfig") or {}
        return FunctionSpecification(
            name=name,
            arn=config["FunctionArn"],
            handler=config["Handler"],
            role_arn=config["Role"],
            memory_mb=int(config["MemorySize"]),
            timeout_seconds=int(config["Timeout"]),
            log_group=logging_config.get("LogGroup") or f"/aws/lambda/{name}",
            variables=(config.get("Environment") or {}).get("Variables") or {},
            code=self._code.unpack(config["CodeSha256"], function["code_zip"]),
            layers=tuple(self._layer(layer) for layer in config.get("Layers") or []),
        )

    def _layer(self, layer: Record) -> Path:
        archive = lambda_svc._resolve_layer_zip(layer)  # noqa: SLF001
        if archive is None:
            raise ValueError(f"the layer {layer['Arn']} has no content")
        return self._code.unpack(layer["Arn"], archive)
