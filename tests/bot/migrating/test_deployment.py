"""A file of a deployment is read whole, or every problem of it is named with its place."""

import pytest

from approvals.policy.reading.document import PolicyError
from bot.migrating.deployment import read

APP_ENGINE = """\
runtime: java17
instance_class: F2
env_variables:
  RESOURCE_SCOPE: organizations/123456
  ACTIVATION_TIMEOUT: 240
  SMTP_ENABLE_STARTTLS: true
  SMTP_HOST: " "
"""
CLOUD_RUN = """\
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: jit-access}
spec:
  template:
    spec:
      serviceAccountName: jit@shop-tools.iam.gserviceaccount.com
      containers:
      - image: eu.gcr.io/shop-tools/jit:1.8.1
        env:
        - name: RESOURCE_SCOPE
          value: folders/42
        - name: SMTP_SENDER_NAME
        - name: SMTP_PASSWORD
          valueFrom:
            secretKeyRef: {name: smtp, key: latest}
"""


def problems(text: str | bytes) -> list[str]:
    with pytest.raises(PolicyError) as refused:
        read(text.encode() if isinstance(text, str) else text, source="app.yaml")
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("", "app.yaml:1:1: empty: ", "name the app.yaml"),
        (" \n\t\n", "app.yaml:1:1: empty: ", "name the app.yaml"),
        ("# nothing\n", "app.yaml:1:1: empty: ", "empty"),
        (b"runtime: \xff\n", "app.yaml:1:10: not-utf-8: ", "UTF-8"),
        (b"#" * (1024 * 1024 + 1), "app.yaml:1:1: too-large: ", "1 MiB"),
        ("runtime: [", "app.yaml:1:", ""),
        ("- a\n", "app.yaml:1:1: wrong-type: ", "mapping"),
        ("just a text\n", "app.yaml:1:1: wrong-type: ", "mapping"),
        ("resource: {google_cloud_run_service: jit}\n", "app.yaml:1:1: no-deployment: ", "gcloud run services"),
        ("kind: Deployment\nspec: {}\n", "app.yaml:1:1: no-deployment: ", "neither"),
        ("kind: [Service]\nspec: {}\n", "app.yaml:1:1: no-deployment: ", "neither"),
        ("runtime: java17\nruntime: java21\n", "app.yaml:2:1: duplicate-key: ", "line 1"),
        ("env_variables:\n  PORT: 1\n  PORT: 2\n", "app.yaml:3:3: duplicate-key: ", "line 2"),
        ("env_variables: [PORT]\n", "app.yaml:1:16: wrong-type: ", "mapping"),
        ("env_variables:\n  PORT: [1]\n", "app.yaml:2:9: wrong-type: ", "one value"),
        ("env_variables: &all\n  PORT: 1\n", "app.yaml:1:16: alias: ", "anchors"),
        ("env_variables:\n  A: &a x\n  B: *a\n", "app.yaml:2:6: alias: ", "anchors"),
        ("env_variables: !!python/object:os.system {}\n", "app.yaml:1:16: tag: ", "tags"),
        ("env_variables: " + "{a: " * 40 + "1" + "}" * 40, "app.yaml:1:", "nested"),
        ("runtime: a\n---\nruntime: b\n", "app.yaml:2:1: not-yaml: ", ""),
        ("kind: Service\nspec: {}\n", "app.yaml:2:7: missing-key: ", "template"),
        ("kind: Service\nspec: {template: {spec: {containers: 1}}}\n", "app.yaml:2:38: wrong-type: ", "list"),
        ("kind: Service\nspec: {template: {spec: {containers: [{env: {A: b}}]}}}\n", "app.yaml:2:", "list"),
        ("kind: Service\nspec: {template: {spec: {containers: [{env: [{value: b}]}]}}}\n", "app.yaml:2:", "name"),
        (CLOUD_RUN + "        - name: RESOURCE_SCOPE\n", "app.yaml:17:11: duplicate-key: ", "line 11"),
        (CLOUD_RUN.replace("{name: smtp, key: latest}", "{name: smtp}"), "app.yaml:16:27: missing-key: ", "key"),
        (CLOUD_RUN.replace("secretKeyRef", "configMapKeyRef"), "app.yaml:16:13: missing-key: ", "secretKeyRef"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_at_its_place(text: str | bytes, place: str, said: str) -> None:
    found = problems(text)

    assert found[0].startswith(place), found
    assert said in found[0]


def test_every_problem_is_said_at_once() -> None:
    found = problems("env_variables:\n  A: [1]\n  A: x\n  B: {c: d}\n")

    assert [problem.split(":")[1] for problem in found] == ["2", "3", "4"]


def test_an_app_yaml_says_its_variables_as_texts() -> None:
    found = read(APP_ENGINE.encode(), source="app.yaml")

    assert found.platform == "App Engine"
    assert found.text("ACTIVATION_TIMEOUT") == "240"
    assert found.text("SMTP_ENABLE_STARTTLS") == "true"
    assert found.text("SMTP_HOST") == ""
    assert found.values["RESOURCE_SCOPE"].line == 4


def test_an_app_yaml_without_variables_has_none() -> None:
    assert read(b"runtime: java17\n", source="app.yaml").values == {}


def test_a_service_of_cloud_run_says_its_variables_and_where_secrets_are() -> None:
    found = read(CLOUD_RUN.encode(), source="service.yaml")

    assert found.platform == "Cloud Run"
    assert found.text("RESOURCE_SCOPE") == "folders/42"
    assert found.text("SMTP_SENDER_NAME") == ""
    assert found.values["SMTP_PASSWORD"].secret == "smtp:latest"


def test_what_is_printed_as_json_is_read_as_well() -> None:
    text = (
        '{"kind": "Service", "spec": {"template": {"spec": {"containers": [{"env": '
        '[{"name": "PORT", "value": "8080"}]}]}}}}'
    )

    assert read(text.encode(), source="service.json").text("PORT") == "8080"
