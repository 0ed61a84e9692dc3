"""The services as files for `gcloud run services replace`, held against Google's own description of them."""

import copy
import re
from collections.abc import Mapping
from string import Template
from typing import Any

import pytest
import yaml

from bot.settings import read
from tests.deploy import discovery
from tests.deploy.conftest import NAME
from tests.deploy.desk import ROOT, Desk

FILES = ("countersign", "countersign-pages")
VALUES = {
    "PROJECT": "shop-tools",
    "NUMBER": "42",
    "REGION": "europe-west1",
    "IMAGE": "europe-west1-docker.pkg.dev/shop-tools/countersign/countersign:0.2.0",
}
IAP = "run.googleapis.com/iap-enabled"
"""Google's documentation of Identity-Aware Proxy has it, and so does gcloud; `run.v1` does not list it yet."""


def service(name: str) -> Any:
    """The file as `envsubst` leaves it."""
    return yaml.safe_load(Template((ROOT / "deploy/services" / f"{name}.yaml").read_text()).substitute(VALUES))


def wrong(document: Mapping[str, Any]) -> list[str]:
    """What Cloud Run would not take."""
    template = document["spec"]["template"]["metadata"]
    unknown = set(document["metadata"]["annotations"]) - discovery.annotations("Service") - {IAP}
    unknown |= set(template["annotations"]) - discovery.annotations("Revision")
    return discovery.wrong("run.v1", "Service", document) + [f"no annotation: {each}" for each in sorted(unknown)]


# --- what is refused


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        ("spec.template.spec.containers.0.prots", [], "Service.spec.template.spec.containers[0] has no prots"),
        (
            "spec.template.spec.containers.0.image",
            7,
            "Service.spec.template.spec.containers[0].image is no string: 7",
        ),
        (
            "spec.template.spec.timeoutSeconds",
            "60",
            "Service.spec.template.spec.timeoutSeconds is no integer: '60'",
        ),
        ("metadata.annotations.run/x", "y", "no annotation: run/x"),
        ("metadata.annotations.invoker", True, "Service.metadata.annotations.invoker is no string: True"),
    ],
)
def test_what_cloud_run_does_not_know_is_found(where: str, value: object, said: str) -> None:
    document = copy.deepcopy(service("countersign"))
    *path, last = where.split(".")
    inner = document
    for each in path:
        inner = inner[int(each) if each.isdigit() else each]
    inner[last] = value

    assert said in wrong(document)


def test_an_annotation_of_a_revision_is_none_of_a_service() -> None:
    document = service("countersign")
    document["metadata"]["annotations"]["autoscaling.knative.dev/minScale"] = "1"

    assert wrong(document) == ["no annotation: autoscaling.knative.dev/minScale"]


# --- the files


@pytest.mark.parametrize("name", FILES)
def test_cloud_run_knows_every_field_and_annotation(name: str) -> None:
    document = service(name)

    assert wrong(document) == []
    assert (document["apiVersion"], document["kind"]) == ("serving.knative.dev/v1", "Service")
    assert document["metadata"]["name"] == name


def test_who_may_call_them_cloud_run_knows_by_the_same_names() -> None:
    """What the annotations say is a field in the newer interface, which Terraform uses."""
    fields = discovery.schemas("run.v2")["GoogleCloudRunV2Service"]["properties"]

    assert {"iapEnabled", "invokerIamDisabled"} <= set(fields)


def test_the_pages_alone_stand_behind_the_proxy_and_the_other_alone_is_open() -> None:
    public, pages = (service(name)["metadata"]["annotations"] for name in FILES)

    assert (public.get(IAP), public["run.googleapis.com/invoker-iam-disabled"]) == (None, "true")
    assert (pages[IAP], "run.googleapis.com/invoker-iam-disabled" in pages) == ("true", False)


@pytest.mark.parametrize("name", FILES)
def test_they_are_the_services_that_the_script_makes(deployed: Desk, name: str) -> None:
    made = deployed.state["made"]["services"][name]
    mail = {each for each in made["env"] if each.startswith("SMTP_")}
    assert made["env"]["SMTP_SENDER_NAME"] == NAME
    (container,) = service(name)["spec"]["template"]["spec"]["containers"]

    assert ran(service(name)) == {"image": made["with"]["image"], **said(made)}
    assert plain(container) == {key: value for key, value in made["env"].items() if key not in mail}
    assert secrets(service(name)) == made["secrets"]


@pytest.mark.parametrize("name", FILES)
def test_each_starts_with_the_settings_that_it_gets(name: str) -> None:
    (container,) = service(name)["spec"]["template"]["spec"]["containers"]
    held = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "0" * 32, "K_SERVICE": name}
    settings = read({**plain(container), **held})

    assert settings.routes == {"countersign": "public", "countersign-pages": "pages"}[name]


@pytest.mark.parametrize("name", FILES)
def test_the_image_is_asked_where_it_listens_and_finds_its_policy_where_it_looks(name: str) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    spec = service(name)["spec"]["template"]["spec"]
    (container,), (volume,) = spec["containers"], spec["volumes"]
    (mount,), (item,) = container["volumeMounts"], volume["secret"]["items"]

    # By `h2c` Cloud Run would speak HTTP/2 to a server that knows none: every call would end as a 503.
    assert [each["name"] for each in container["ports"]] == ["http1"]
    assert f"EXPOSE {container['ports'][0]['containerPort']}" in dockerfile
    # `/health` would let callers in before the store answers.
    assert container["startupProbe"]["httpGet"] == {
        "path": "/ready",
        "port": container["ports"][0]["containerPort"],
    }
    assert mount["name"] == volume["name"]
    assert f"COUNTERSIGN_POLICY={mount['mountPath']}/{item['path']}" in dockerfile


def test_what_cloud_run_has_in_its_beta_alone_is_asked_of_that() -> None:
    """The script sets the proxy up by `gcloud beta`; a file says by this annotation that it has such a field."""
    stages = {
        name: service(name)["metadata"]["annotations"].get("run.googleapis.com/launch-stage") for name in FILES
    }

    assert stages == {"countersign": None, "countersign-pages": "BETA"}


def test_nothing_is_left_to_fill_in_but_what_the_page_names() -> None:
    page = (ROOT / "docs/cloud-run.md").read_text()
    texts = [(ROOT / f"deploy/services/{name}.yaml").read_text() for name in FILES]
    wanted = {found for text in texts for found in re.findall(r"\$\{(\w+)\}", text)}

    assert wanted == set(VALUES)
    assert "envsubst '$PROJECT $NUMBER $REGION $IMAGE'" in page


def ran(document: Any) -> dict[str, Any]:
    """By whom, of what, and how it is run."""
    template = document["spec"]["template"]
    annotated = template["metadata"]["annotations"]
    return {
        "image": template["spec"]["containers"][0]["image"],
        "account": template["spec"]["serviceAccountName"],
        "instances": annotated["autoscaling.knative.dev/minScale"],
        "throttled": annotated["run.googleapis.com/cpu-throttling"],
        "boost": annotated["run.googleapis.com/startup-cpu-boost"],
    }


def said(made: Mapping[str, Any]) -> dict[str, Any]:
    """The same as the script says it."""
    return {
        "account": made["with"]["service-account"],
        "instances": made["with"]["min-instances"],
        "throttled": str("no-cpu-throttling" not in made["flags"]).lower(),
        "boost": str("cpu-boost" in made["flags"]).lower(),
    }


def plain(container: Mapping[str, Any]) -> dict[str, str]:
    return {each["name"]: each["value"] for each in container["env"] if "value" in each}


def secrets(document: Any) -> dict[str, str]:
    """As the script says it: where each is found, and which version of which secret that is."""
    spec = document["spec"]["template"]["spec"]
    (container,), (volume,) = spec["containers"], spec["volumes"]
    (mount,), (item,) = container["volumeMounts"], volume["secret"]["items"]
    refs = {e["name"]: e["valueFrom"]["secretKeyRef"] for e in container["env"] if "valueFrom" in e}
    at = f"{mount['mountPath']}/{item['path']}"
    return {name: f"{ref['name']}:{ref['key']}" for name, ref in refs.items()} | {
        at: f"{volume['secret']['secretName']}:{item['key']}"
    }
