"""`python -m countersign_client RECEIPT --keys JWKS`: verify a receipt with nothing else of Countersign's.

Exit codes: 0 it holds, 1 it does not, 2 what was given cannot be used.
"""

import sys
from argparse import ArgumentParser
from pathlib import Path

from countersign_client.keys import KeySetError, read_keys
from countersign_client.lines import fit
from countersign_client.page import page
from countersign_client.receipts import ReceiptError, verify
from countersign_client.signed import LARGEST


def main(arguments: list[str]) -> int:
    """Verify one receipt and print what it says; return the exit code."""
    parser = ArgumentParser(prog="python -m countersign_client", description="Verify a receipt offline.")
    parser.add_argument("receipt", type=Path, help="the file with the receipt, a compact JWS")
    keys_help = "the issuer's public keys: a saved copy of its /.well-known/jwks.json"
    parser.add_argument("--keys", type=Path, required=True, help=keys_help)
    parser.add_argument("--issuer", help="who must have made it, as countersign:INSTANCE")
    given = parser.parse_args(arguments)
    try:
        with given.receipt.open("rb") as file:
            text = file.read(LARGEST + 1).decode(errors="replace")
        keys = read_keys(given.keys.read_bytes())
        lines = page(verify(text, keys, issuer=given.issuer))
    except ReceiptError as error:
        return _complain(error, code=1)
    except (OSError, KeySetError) as error:
        return _complain(error, code=2)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def _complain(error: Exception, *, code: int) -> int:
    sys.stderr.write(f"countersign_client: {fit(error)}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
