"""How a call through Identity-Aware Proxy fails. Each text is a sentence for a person, and holds no secret."""


class ClientError(Exception):
    """A call did not do what was asked; the text says why and what to do."""


class Unusable(ClientError):
    """What was given, or is kept here, cannot be used; nothing was sent."""


class Unreachable(ClientError):
    """No whole answer came in time. What was asked may have been done."""


class Refused(ClientError):
    """Google, Identity-Aware Proxy or Countersign understood, and said no."""
