"""Prints the Authorization of one call of an application, by the package `countersign_client`.

    python sign.py METHOD URL [BODY_FILE [IDEMPOTENCY_KEY]]

with APP_ID, APP_KEY (a file: JWK or PEM) and COUNTERSIGN_API_URL in the environment, and APP_KID where the policy
calls a key otherwise than by its thumbprint and the file does not say how.
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from countersign_client.call_tokens import authorization, read_key


def main(method: str, url: str, file: str = os.devnull, key: str | None = None) -> None:
    signing = read_key(Path(os.environ["APP_KEY"]).read_text())
    said = authorization(
        signing._replace(kid=os.environ.get("APP_KID", signing.kid)),
        issuer=os.environ["APP_ID"],
        audience=os.environ["COUNTERSIGN_API_URL"],
        method=method,
        url=url,
        body=Path(file).read_bytes(),
        idempotency_key=key,
        now=datetime.now(UTC),
    )
    sys.stdout.write(f"{said}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
