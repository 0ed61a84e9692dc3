"""`python -m chaos --kills 200 [--seed N]`: exit code 1 when anything forbidden was true."""

import argparse
import logging
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from chaos import scene
from chaos.holding import Holding
from chaos.program import ChaosError
from chaos.run import Run
from chaos.till import Till
from sandbox.app import Sandbox


def main() -> int:
    """Run, print the table, and keep the files of a run that found something."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="how often the service is killed")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32), help="replays what a run did")
    given = parser.parse_args()
    say(f"{given.kills} kills, replay with --seed {given.seed}")
    # A client that was killed in the middle of a call is what this is about, and no error of the sandbox's.
    logging.disable(logging.ERROR)
    folder = Path(tempfile.mkdtemp(prefix="countersign-chaos-"))
    with Sandbox.start(world_file=scene.world(folder / "world.yaml"), iap_port=0, smtp_port=0) as box:
        run = Run(folder, box, seed=given.seed, out=sys.stdout)
        try:
            clean = run.play(given.kills)
            say("the till: applications use what was approved, over kills")
            clean = _till(folder, run, given.kills, seed=given.seed) and clean
            say("the policy: a file gets looser and narrower, over kills")
            clean = _holding(folder, run, given.kills, seed=given.seed) and clean
        except ChaosError as error:
            say(str(error))
            clean = False
        finally:
            run.program.end()
        sys.stdout.write(f"{run.table()}\n")
    if clean:
        shutil.rmtree(folder)
        say(f"nothing forbidden was found (seed {given.seed})")
        return 0
    say(f"FAILED with seed {given.seed}; the service's files are in {folder}")
    return 1


def _till(folder: Path, run: Run, kills: int, *, seed: int) -> bool:
    """Applications beside a sandbox and a store of their own, with a fifth of the kills."""
    with Sandbox.start(world_file=folder / "world.yaml") as box:
        till = Till(folder / "till", box, seed=seed, findings=run.findings)
        try:
            till.play(max(kills // 5, 1))
        finally:
            till.service.end()
            run.counts |= till.counts
    return run.findings.clean()


def _holding(folder: Path, run: Run, kills: int, *, seed: int) -> bool:
    """The same with a policy that changes, and a tenth of the kills."""
    with Sandbox.start(world_file=folder / "world.yaml") as box:
        holding = Holding(folder / "holding", box, seed=seed, findings=run.findings)
        try:
            holding.play(max(kills // 10, 1))
        finally:
            holding.service.end()
            run.counts |= holding.counts
    return run.findings.clean()


def say(text: str) -> None:
    sys.stdout.write(f"chaos: {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
