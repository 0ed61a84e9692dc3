"""Every command of ours that a page names is there, with the options that it names."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bot.cli import main

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    str(path.relative_to(ROOT)) for path in (ROOT / "README.md", ROOT / "SECURITY.md", *ROOT.glob("docs/**/*.md"))
)
_FENCED = re.compile(r"^ *```(?:sh|console|)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_OURS = re.compile(
    r"(?:^ *(?:\$ )?|[;&|(] *|\bdocker exec (?:-\S+ )*\S+ |\bsh -c ')"  # where a shell takes a command
    r"(?:\w+=(?:'[^']*'|\S*) )*(?:\.venv/bin/)?countersign (?=[a-z-])"
)
_ENDS = {"|", ">", "<", "&&", "||", ";", "&", ">>", ")", "2>"}


def test_the_pages_are_looked_at() -> None:
    whole = [words for page in PAGES for words in typed(page)]

    assert len(PAGES) > 60
    assert len(whole) > 40
    assert ["store", "restore", "backups/countersign-2026-11-25.db", "--replace"] in whole


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_says_to_type_can_be_typed(page: str) -> None:
    assert [(" ".join(words), said) for words in typed(page) if (said := wrong(words))] == []


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_mentions_is_there(page: str) -> None:
    assert [(" ".join(words), said) for words in mentioned(page) if (said := wrong(words, whole=False))] == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("key rotat", "No such command 'rotat'"),
        ("freeze --becuase x", "No such option"),
        ("store restore", "Missing argument"),
        ("thaw everything", "unexpected extra argument"),
    ],
)
def test_what_cannot_be_typed_is_found(line: str, said: str) -> None:
    assert said in wrong(shlex.split(line))


def typed(page: str) -> Iterator[list[str]]:
    """The commands in a page's blocks, each as its words."""
    for block in _FENCED.findall((ROOT / page).read_text()):
        for line in block.replace("\\\n", " ").splitlines():
            yield from commands(line)


def mentioned(page: str) -> Iterator[list[str]]:
    """The commands in a page's sentences, which may leave out what follows."""
    for span in _SPAN.findall(_FENCED.sub("", (ROOT / page).read_text())):
        yield from commands(span)


def commands(line: str) -> Iterator[list[str]]:
    """Our commands in a line of a shell."""
    for start in _OURS.finditer(line):
        lexer = shlex.shlex(line[start.end() :].replace("…", ""), posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        try:
            for word in lexer:
                if word in _ENDS:
                    break
                words.append(word)
        except ValueError:
            continue  # a quotation mark that closes behind a command in a command
        yield words


def wrong(words: list[str], *, whole: bool = True) -> str:
    """What keeps a command from being understood, without running it; empty where nothing does."""
    try:
        context = main.make_context("countersign", list(words))
        while isinstance(context.command, click.Group):
            rest = [*context._protected_args, *context.args]
            if not rest:
                return ""
            name, command, arguments = context.command.resolve_command(context, rest)
            assert command is not None
            context = command.make_context(name, arguments, parent=context)
    except click.exceptions.Exit:
        return ""
    except (click.exceptions.NoArgsIsHelpError, click.MissingParameter, click.BadOptionUsage) as error:
        return error.format_message() if whole else ""
    except click.UsageError as error:
        # The files that a page names are not here.
        return "" if "No such file" in error.format_message() else error.format_message()
    return ""
