"""How many of something there are."""


def many(count: int, thing: str, things: str = "") -> str:
    """`1 call`, `1,200 calls`; `things` where the plural is another word than one with an s."""
    return f"{count:,} {thing if count == 1 else things or f'{thing}s'}"
