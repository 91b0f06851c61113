"""One exception for each status that is no success."""


class HanamiException(Exception):
    """Base of all; its text is the sentence of the server, its status that of HTTP, its code one of docs/errors.md (None where there is none)."""

    status = None
    code = None


class BadRequestException(HanamiException):
    """400: something in the input is wrong; the text says what, where, and what would be right."""


class UnauthorizedException(HanamiException):
    """401: not logged in, not allowed, or a wrong passphrase."""


class NotFoundException(HanamiException):
    """404: not there, or not visible to the caller."""


class ConflictException(HanamiException):
    """409: in conflict with what is there."""


class TooLargeException(HanamiException):
    """413: more bytes than the server takes."""


class TooManyRequestsException(HanamiException):
    """429: later."""


class InternalServerErrorException(HanamiException):
    """500: without a text; the log of the server tells more."""

    def __init__(self, _message: str = ""):
        super().__init__()


_BY_STATUS = {
    400: BadRequestException,
    401: UnauthorizedException,
    404: NotFoundException,
    409: ConflictException,
    413: TooLargeException,
    429: TooManyRequestsException,
    500: InternalServerErrorException,
}


def exception_for(status: int, text: str, code: str = None) -> HanamiException:
    """The exception that stands for a status."""
    error = _BY_STATUS.get(status, HanamiException)(text)
    error.status = status
    error.code = code
    return error
