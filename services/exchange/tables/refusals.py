"""Why a whole batch is refused, as opposed to one of its rows."""


class BatchRefused(Exception):
    """The batch as a whole cannot be taken. `code` is permanent; `detail` is for a clerk.

    The detail names columns and line numbers, never a value from the data.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
