"""Signals while there is something to give back: they stop what can be stopped, and a command hears of them."""

import os
import signal

import pytest

from bot.cli.client.signals import Signals, Stopped

TYPED = (signal.SIGINT, signal.SIGQUIT)
OTHERS = (signal.SIGTERM, signal.SIGHUP)


def send(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [*TYPED, *OTHERS])
def test_one_that_comes_between_two_steps_is_not_lost(number: int) -> None:
    signals = Signals()
    with signals.held():
        send(number)
        with pytest.raises(Stopped) as stopped, signals.stoppable():
            pytest.fail("it went on")
        send(number)  # while it is given back

    assert stopped.value.number == number


def test_the_second_one_stops_what_waits_for_its_answer_after_the_first() -> None:
    signals, reached = Signals(), list[int]()
    with signals.held():
        try:
            with signals.stoppable(after=2):
                for number in (signal.SIGTERM, signal.SIGINT):
                    send(number)
                    reached.append(number)
        except Stopped as stopped:
            reached.append(stopped.number)

    assert reached == [signal.SIGTERM, signal.SIGTERM]


def test_after_one_no_command_is_begun() -> None:
    signals = Signals()
    with signals.held():
        send(signal.SIGTERM)
        with pytest.raises(Stopped):
            signals.run(["false"])


@pytest.mark.parametrize("number", [*TYPED, *OTHERS])
def test_a_command_hears_what_no_terminal_tells_it(number: signal.Signals) -> None:
    name = number.name.removeprefix("SIG")
    ends = 4 if number in TYPED else 9
    rest = "sleep 0.3; exit 4" if ends == 4 else "while :; do sleep 0.05; done"
    script = f"trap 'exit 9' {name}; kill -{name} $PPID; {rest}"
    signals = Signals()
    with signals.held():
        assert signals.run(["sh", "-c", script]) == ends


def test_a_command_that_a_signal_ends_says_so_and_everything_is_as_before() -> None:
    before = [signal.getsignal(each) for each in (*TYPED, *OTHERS)]
    signals = Signals()
    with signals.held():
        assert signals.run(["sh", "-c", "kill -KILL $$"]) == 128 + signal.SIGKILL
    assert [signal.getsignal(each) for each in (*TYPED, *OTHERS)] == before
