"""Stands for `gcloud`: knows the commands that the deployment uses with their flags, and keeps what they make.

Run as a program by a Python without anything of ours; its state is the JSON file that `GCLOUD_STATE` names. Like
Google it makes nothing twice, and needs an API, an account, a role or a right to be there before it is used.
"""

import json
import os
import sys

LOCATED = {"project", "region"}
BINDING = {"member", "role"}
DEPLOY = LOCATED | {"image", "service-account", "min-instances", "update-env-vars", "update-secrets"}
JOB = {"project", "location", "schedule", "uri", "http-method", "attempt-deadline"}
JOB |= {"oidc-service-account-email", "oidc-token-audience"}
SWITCHES = {"quiet", "async", "delete-protection", "iap", "cpu-boost", "cpu-throttling"} | {
    f"no-{name}" for name in ("cpu-throttling", "invoker-iam-check", "allow-unauthenticated")
}
DEPLOY |= {"quiet", "no-cpu-throttling", "cpu-throttling", "cpu-boost"}

COMMANDS = {
    "projects describe": {"format"},
    "projects add-iam-policy-binding": BINDING | {"condition"},
    "services enable": {"project"},
    "beta services identity create": {"project", "service"},
    "iam service-accounts describe": {"project"},
    "iam service-accounts create": {"project"},
    "iam service-accounts add-iam-policy-binding": BINDING | {"project"},
    "iam roles describe": {"project"},
    "iam roles create": {"project", "title", "permissions"},
    "scheduler jobs describe": {"project", "location"},
    "scheduler jobs create http": JOB,
    "scheduler jobs update http": JOB,
    "firestore databases describe": {"project", "database"},
    "firestore databases create": {"project", "database", "location", "delete-protection"},
    "firestore indexes composite create": {"project", "database", "collection-group", "field-config", "async"},
    "secrets describe": {"project"},
    "secrets create": {"project", "data-file"},
    "secrets versions access": {"project", "secret"},
    "secrets versions add": {"project", "data-file"},
    "secrets add-iam-policy-binding": BINDING | {"project"},
    "run deploy": DEPLOY | {"no-invoker-iam-check"},
    "beta run deploy": DEPLOY | {"iap", "no-allow-unauthenticated"},
    "run services add-iam-policy-binding": BINDING | LOCATED,
    "beta iap web add-iam-policy-binding": BINDING | LOCATED | {"resource-type", "service"},
}
APIS = {
    "scheduler": "cloudscheduler",
    "run": "run",
    "iap": "iap",
    "firestore": "firestore",
    "secrets": "secretmanager",
    "iam": "iam",
}
AGENT = "serviceAccount:service-42@gcp-sa-iap.iam.gserviceaccount.com"


def main(argv: list[str]) -> None:
    state = load()
    state["calls"].append(argv)
    words = [each for each in argv if not each.startswith("--")]
    command = next((name for name in sorted(COMMANDS, key=len, reverse=True) if starts(words, name.split())), "")
    flags = read_flags([each for each in argv if each.startswith("--")])
    if not command:
        end(state, f"there is no command {' '.join(words)}")
    if unknown := set(flags) - COMMANDS[command]:
        end(state, f"{command} has no {', '.join(sorted(unknown))}")
    kind = command.removeprefix("beta ")
    api = APIS.get(kind.split()[0])
    if api and f"{api}.googleapis.com" not in state["apis"]:
        end(state, f"{api}.googleapis.com has not been used in this project before or it is disabled")
    said = answer(state, kind, words[len(command.split()) :], flags)
    save(state)
    sys.stdout.write(said)


def starts(words: list[str], name: list[str]) -> bool:
    return words[: len(name)] == name


def read_flags(given: list[str]) -> dict[str, list[str]]:
    flags: dict[str, list[str]] = {}
    for each in given:
        name, equals, value = each[2:].partition("=")
        if bool(equals) == (name in SWITCHES):
            raise SystemExit(f"--{name} takes {'no' if equals else 'a'} value")
        flags.setdefault(name, []).append(value)
    return flags


def answer(state: dict, kind: str, names: list[str], flags: dict[str, list[str]]) -> str:  # type: ignore[type-arg]
    verb = kind.rsplit(maxsplit=1)[-1]
    if kind == "projects describe":
        return "42\n"
    if kind == "services enable":
        state["apis"] = sorted({*state["apis"], *names})
    elif kind == "services identity create":
        state["made"].setdefault("agents", {})["iap"] = {}
    elif verb == "add-iam-policy-binding":
        bind(state, kind, names, flags)
    elif verb == "deploy":
        deploy(state, names[0], flags)
    elif verb == "http":
        schedule(state, kind.split()[2], names[0], flags)
    elif kind == "secrets versions access":
        return held(state, "secrets", flags["secret"][0])["versions"][-1]  # type: ignore[no-any-return]
    elif kind == "secrets versions add":
        held(state, "secrets", names[0])["versions"].append(data(flags))
    elif verb == "describe":
        held(state, kind.rpartition(" ")[0], name_of(names, flags))
    else:
        create(state, kind.rpartition(" ")[0], names, flags)
    return ""


def name_of(names: list[str], flags: dict[str, list[str]]) -> str:
    if "collection-group" in flags:
        return " ".join([*flags["collection-group"], *flags["field-config"]])
    return names[0] if names else flags["database"][0]


def create(state: dict, what: str, names: list[str], flags: dict[str, list[str]]) -> None:  # type: ignore[type-arg]
    name = name_of(names, flags)
    if what == "iam service-accounts":
        name = f"{name}@{flags['project'][0]}.iam.gserviceaccount.com"
    if name in state["made"].setdefault(what, {}):
        end(state, f"ALREADY_EXISTS: {name} already exists")
    state["made"][what][name] = {"versions": [data(flags)]} if what == "secrets" else flags


def data(flags: dict[str, list[str]]) -> str:
    (source,) = flags["data-file"]
    text = sys.stdin.read() if source == "-" else open(source).read()  # noqa: PTH123, SIM115
    if not text:
        raise SystemExit("Secret Payload cannot be empty")
    return text


def bind(state: dict, kind: str, names: list[str], flags: dict[str, list[str]]) -> None:  # type: ignore[type-arg]
    what, (member,), (role,) = kind.rpartition(" ")[0], flags["member"], flags["role"]
    target = names[0] if names else flags["service"][0]
    if what != "projects":
        held(state, {"iap web": "services", "run services": "services"}.get(what, what), target)
    if member == AGENT:
        held(state, "agents", "iap")
    elif member.startswith("serviceAccount:"):
        held(state, "iam service-accounts", member.partition(":")[2])
    if "/roles/" in role:
        held(state, "iam roles", role.rpartition("/")[2])
    binding = " ".join([what, target, role, member])
    state["bindings"] = sorted({*state["bindings"], binding})


def deploy(state: dict, name: str, flags: dict[str, list[str]]) -> None:  # type: ignore[type-arg]
    (account,) = flags["service-account"]
    held(state, "iam service-accounts", account)
    for mounted in ",".join(flags["update-secrets"]).split(","):
        secret = mounted.partition("=")[2].partition(":")[0]
        held(state, "secrets", secret)
        if (
            f"secrets {secret} roles/secretmanager.secretAccessor serviceAccount:{account}"
            not in state["bindings"]
        ):
            end(state, f"Permission denied on secret {secret} for Revision service account {account}")
    service = state["made"].setdefault("services", {}).setdefault(name, {"env": {}, "secrets": {}})
    (text,) = flags["update-env-vars"]
    _, delimiter, pairs = text.split("^", 2) if text.startswith("^") else ("", ",", text)
    service["env"].update(each.split("=", 1) for each in pairs.split(delimiter))
    service["secrets"].update(each.split("=", 1) for each in ",".join(flags["update-secrets"]).split(","))
    service["flags"] = sorted(name for name in flags if name in SWITCHES)
    service["with"] = {each: flags[each][0] for each in ("image", "service-account", "min-instances")}


def schedule(state: dict, how: str, name: str, flags: dict[str, list[str]]) -> None:  # type: ignore[type-arg]
    held(state, "iam service-accounts", flags["oidc-service-account-email"][0])
    if how == "update":
        held(state, "scheduler jobs", name)
        state["made"]["scheduler jobs"].pop(name)
    create(state, "scheduler jobs", [name], flags)


def held(state: dict, what: str, name: str) -> dict:  # type: ignore[type-arg]
    found = state["made"].get(what, {})
    if name not in found:
        end(state, f"NOT_FOUND: {what} {name}")
    return found[name]  # type: ignore[no-any-return]


def load() -> dict:  # type: ignore[type-arg]
    try:
        with open(os.environ["GCLOUD_STATE"]) as file:  # noqa: PTH123
            return json.load(file)  # type: ignore[no-any-return]
    except FileNotFoundError:
        return {"calls": [], "apis": [], "made": {}, "bindings": []}


def save(state: dict) -> None:  # type: ignore[type-arg]
    with open(os.environ["GCLOUD_STATE"], "w") as file:  # noqa: PTH123
        json.dump(state, file)


def end(state: dict, why: str) -> None:  # type: ignore[type-arg]
    save(state)
    raise SystemExit(f"ERROR: {why}")


if __name__ == "__main__":
    main(sys.argv[1:])
