"""The manifest for Kubernetes: valid by the schemas of Kubernetes, and true to the mock."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from click import Command
from click.testing import CliRunner

from mock_server import Options, read_snapshot
from mock_server.cli import mock
from tests.support.paths import ROOT

OBJECTS = {each["kind"]: each for each in yaml.safe_load_all((ROOT / "deploy/kubernetes/mock.yaml").read_text("utf-8"))}
VERSION = "1.33"


def container(deployment: dict[str, Any]) -> dict[str, Any]:
    return deployment["spec"]["template"]["spec"]["containers"][0]


@pytest.mark.parametrize("kind", ["Deployment", "Service", "ConfigMap"])
def test_object_of_the_manifest_is_valid(kind: str) -> None:
    kubernetes_validate.validate(OBJECTS[kind], VERSION, strict=True)


def test_unknown_field_of_a_manifest_is_found() -> None:
    broken = copy.deepcopy(OBJECTS["Deployment"])
    container(broken)["readyProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, VERSION, strict=True)


def test_objects_refer_to_each_other() -> None:
    deployment, service, fixtures = (OBJECTS[kind] for kind in ("Deployment", "Service", "ConfigMap"))
    template = deployment["spec"]["template"]
    assert (
        service["spec"]["selector"] == template["metadata"]["labels"] == deployment["spec"]["selector"]["matchLabels"]
    )
    [volume] = [each["configMap"] for each in template["spec"]["volumes"] if "configMap" in each]
    assert volume["name"] == fixtures["metadata"]["name"]
    assert {item["key"] for item in volume["items"]} == set(fixtures["data"])
    assert container(deployment)["readinessProbe"]["httpGet"] == {"path": "/_mock/health", "port": "http"}
    assert [port["name"] for port in container(deployment)["ports"]] == [service["spec"]["ports"][0]["targetPort"]]


def test_fixtures_of_the_manifest_can_be_served(tmp_path: Path) -> None:
    [volume] = [each for each in OBJECTS["Deployment"]["spec"]["template"]["spec"]["volumes"] if "configMap" in each]
    for item in volume["configMap"]["items"]:
        file = tmp_path / item["path"]
        file.parent.mkdir(exist_ok=True)
        file.write_text(OBJECTS["ConfigMap"]["data"][item["key"]], "utf-8")
    assert len(read_snapshot(Options(fixtures=tmp_path)).fixtures.scenarios) == 1


def test_options_of_the_manifest_exist() -> None:
    command: Command = mock
    known = {name for parameter in command.params for name in parameter.opts}
    given = [argument.partition("=")[0] for argument in container(OBJECTS["Deployment"])["args"]]
    assert set(given) <= known
    assert "--store" in given
    assert CliRunner().invoke(command, ["--help"]).exit_code == 0
