"""`python -m chaos --kills 200 [--seed N] [--firestore]`: exit code 1 when anything forbidden was true."""

import argparse
import logging
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from chaos import emulator, scene
from chaos.findings import Findings
from chaos.holding import Holding
from chaos.program import ChaosError
from chaos.run import Run
from chaos.summary import table
from chaos.till import Till
from chaos.twins import Twins, answers
from sandbox.app import Sandbox


def main() -> int:
    """Run, print the table, and keep the files of a run that found something."""
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="how often the service is killed")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32), help="replays what a run did")
    parser.add_argument(
        "--firestore", action="store_true", help="two instances over one Firestore emulator, killed in turn"
    )
    given = parser.parse_args()
    way = " --firestore" if given.firestore else ""
    say(f"{given.kills} kills, replay with --seed {given.seed}{way}")
    # A client that was killed in the middle of a call is what this is about, and no error of the sandbox's.
    logging.disable(logging.ERROR)
    folder = Path(tempfile.mkdtemp(prefix="countersign-chaos-"))
    play = _twins if given.firestore else _alone
    return _end(folder, clean=play(folder, given.kills, seed=given.seed), seed=given.seed)


def _alone(folder: Path, kills: int, *, seed: int) -> bool:
    """One service beside its pages, on a file."""
    with Sandbox.start(world_file=scene.world(folder / "world.yaml"), iap_port=0, smtp_port=0) as box:
        run = Run(folder, box, seed=seed, out=sys.stdout)
        try:
            clean = run.play(kills)
            say("the till: applications use what was approved, over kills")
            clean = _till(folder, run, kills, seed=seed) and clean
            say("the policy: a file gets looser and narrower, over kills")
            clean = _holding(folder, run, kills, seed=seed) and clean
        except ChaosError as error:
            say(str(error))
            clean = False
        finally:
            run.program.end()
        sys.stdout.write(f"{run.table()}\n")
    return clean


def _twins(folder: Path, kills: int, *, seed: int) -> bool:
    """Two instances over one Firestore."""
    findings = Findings()
    try:
        with (
            emulator.running(answers) as host,
            Sandbox.start(world_file=scene.world(folder / "world.yaml"), iap_port=0, smtp_port=0) as box,
        ):
            twins = Twins(folder, box, project="chaos-twins", host=host, seed=seed, findings=findings)
            try:
                clean = twins.play(kills)
            finally:
                twins.end()
            teams = twins.outside.teams.counts
            counts = {**twins.counts, **twins.ledger.counts, **twins.outside.counts, **teams}
    except ChaosError as error:
        say(str(error))
        return False
    sys.stdout.write(f"{table(counts)}\n\n{findings.table()}\n")
    return clean


def _end(folder: Path, *, clean: bool, seed: int) -> int:
    if clean:
        shutil.rmtree(folder)
        say(f"nothing forbidden was found (seed {seed})")
        return 0
    say(f"FAILED with seed {seed}; the service's files are in {folder}")
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
