"""The generated core of the future: that of an openapi.yaml with operations that nobody here has heard of."""

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from attrs import frozen

SPEC = Path(__file__).parents[2] / "openapi.yaml"
PACKAGE = "later_access_tokens_api"
ADDED = """
paths:
  /admin/tokens/{tokenId}/rotate:
    post:
      operationId: rotateToken
      tags: [tokens]
      parameters: [{$ref: "#/components/parameters/TokenIdInPath"}]
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: "#/components/schemas/RotateTokenRequest"}}}
      responses:
        "200":
          description: How often it was rotated.
          content: {application/json: {schema: {$ref: "#/components/schemas/RotateTokenResult"}}}
  /admin/tokens/{tokenId}:
    delete:
      operationId: deleteToken
      tags: [tokens]
      parameters: [{$ref: "#/components/parameters/TokenIdInPath"}]
      responses: {"204": {description: It is gone.}}
  /reports/usage:
    get:
      operationId: getUsage
      tags: [reports]
      parameters: [{name: day, in: query, schema: {type: array, items: {type: string}}}]
      responses:
        "200":
          description: How much it is used.
          content: {application/json: {schema: {$ref: "#/components/schemas/Usage"}}}
schemas:
  RotateTokenRequest: {type: object, properties: {graceSeconds: {type: integer}}}
  RotateTokenResult: {type: object, required: [rotations], properties: {rotations: {type: integer}}}
  Usage: {type: object, required: [calls], properties: {calls: {type: integer}}}
"""


@frozen
class Later:
    """The generated core of the future."""

    delete: ModuleType
    rotate: ModuleType
    usage: ModuleType
    models: ModuleType


def make_openapi(folder: Path) -> None:
    """Write an openapi.yaml that has more in it."""
    document, added = yaml.safe_load(SPEC.read_text()), yaml.safe_load(ADDED)
    for path, operations in added["paths"].items():
        document["paths"].setdefault(path, {}).update(operations)
    document["components"]["schemas"].update(added["schemas"])
    (folder / "openapi.yaml").write_text(yaml.safe_dump(document, sort_keys=False))


def generate(folder: Path) -> None:
    """Generate a core from it, as `make generate` does."""
    # The generator runs the formatter, which is where the interpreter is.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run(
        [
            *(sys.executable, "-m", "openapi_python_client", "generate", "--path", "openapi.yaml"),
            *("--meta", "none", "--fail-on-warning", "--output-path", PACKAGE),
        ],
        cwd=folder,
        env=os.environ | {"PATH": path, "RUFF_NO_CACHE": "true"},
        check=True,
        capture_output=True,
        timeout=60,
    )


@contextmanager
def imported(folder: Path) -> Iterator[Later]:
    """Import it, and forget it again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield Later(
            delete=importlib.import_module(f"{PACKAGE}.api.tokens.delete_token"),
            rotate=importlib.import_module(f"{PACKAGE}.api.tokens.rotate_token"),
            usage=importlib.import_module(f"{PACKAGE}.api.reports.get_usage"),
            models=importlib.import_module(f"{PACKAGE}.models"),
        )
    for name in [each for each in sys.modules if each.partition(".")[0] == PACKAGE]:
        del sys.modules[name]
