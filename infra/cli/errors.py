"""What the command line says when something does not work: what happened, and what to do next."""


class CliError(Exception):
    """`message` is a sentence without a full stop, `remedy` an order that can be followed."""

    def __init__(self, message: str, *, remedy: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.status = status
