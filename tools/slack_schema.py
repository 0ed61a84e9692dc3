"""Writes `sandbox/slack/schema/blocks.json` from Slack's `@slack/types`; run `npm ci` in `sandbox/page` first.

Descriptions are left out: they would treble the file and say nothing that a validator reads.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent.parent / "sandbox" / "page"
TYPES = PAGE / "node_modules" / "@slack" / "types"
TARGET = PAGE.parent / "slack" / "schema"


def definitions(kind: str) -> dict[str, Any]:
    """The schema of one exported type and of all that it refers to."""
    generator = PAGE / "node_modules" / ".bin" / "ts-json-schema-generator"
    command = [str(generator), "--path", str(TYPES / "dist" / "index.d.ts"), "--type", kind, "--no-type-check"]
    made = subprocess.run(command, cwd=PAGE, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(made.stdout)["definitions"]
    return found


def without_descriptions(schema: Any, *, inside_properties: bool = False) -> Any:
    """The same schema without prose; a property that is itself called `description` stays."""
    if isinstance(schema, list):
        return [without_descriptions(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: without_descriptions(value, inside_properties=key == "properties" and not inside_properties)
        for key, value in schema.items()
        if inside_properties or key != "description"
    }


def main() -> None:
    """Write the schema and Slack's licence beside it."""
    merged = definitions("KnownBlock") | definitions("ModalView") | definitions("HomeView")
    # Slack's `AnyBlock` also admits a block of any shape; the sandbox admits only known ones.
    merged["AnyBlock"] = {"$ref": "#/definitions/KnownBlock"}
    merged.pop("Block", None)
    version = json.loads((TYPES / "package.json").read_text())["version"]
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": f"By tools/slack_schema.py from @slack/types {version}, (c) Slack Technologies, MIT.",
        "definitions": without_descriptions(merged, inside_properties=True),
    }
    TARGET.mkdir(exist_ok=True)
    (TARGET / "blocks.json").write_text(json.dumps(schema, indent=1, sort_keys=True) + "\n")
    shutil.copyfile(TYPES / "LICENSE", TARGET / "LICENSE")


if __name__ == "__main__":
    main()
