"""Figures: what was measured, what it should be, and how both are printed and written."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Literal

import msgspec

OUTPUT = Path(__file__).parent.parent / "build" / "bench.json"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured value. `baseline` says what it was measured against in the same run, or what it is made of.

    Without a target it is only told.
    """

    name: str
    value: float
    target: float | None
    better: Literal["lower", "higher"]
    baseline: str

    @property
    def met(self) -> bool:
        """Whether the value is on the good side of its target."""
        if self.target is None:
            return True
        return self.value <= self.target if self.better == "lower" else self.value >= self.target

    def line(self) -> str:
        """Name, value, target and `ok` or `short`, for people."""
        if self.target is None:
            return f"{self.name:<74} {self.value:>9.3f}   {'':<15}  ({self.baseline})"
        sign = "<=" if self.better == "lower" else ">="
        verdict = "ok" if self.met else "short"
        return f"{self.name:<74} {self.value:>9.3f}   {sign} {self.target:<6g} {verdict:<5}  ({self.baseline})"


def ratio(
    name: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    *,
    target: float,
    baseline: str,
    better: Literal["lower", "higher"] = "lower",
    unit: str = "ms",
    scale: float = 1000.0,
) -> Figure:
    """Compare the medians of interleaved rounds. `scale` turns the measured numbers into the shown unit."""
    mine, other = median(ours), median(theirs)
    shown = f"{mine * scale:.3g} {unit} / {other * scale:.3g} {unit} {baseline}"
    return Figure(name=name, value=round(mine / other, 4), target=target, better=better, baseline=shown)


def write(figures: Sequence[Figure], path: Path = OUTPUT) -> None:
    """Write all figures as a JSON list."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=1) + b"\n")


def read(path: Path = OUTPUT) -> list[Figure]:
    """Read what `write` wrote. Raises `msgspec.ValidationError` for anything else."""
    return msgspec.json.decode(path.read_bytes(), type=list[Figure])
