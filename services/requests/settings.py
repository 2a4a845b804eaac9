"""What the requests service is told beyond what every process is."""

from shared import calendars


class RequestsSettings(calendars.CalendarSettings):
    """The common settings, and the tables of working days: answers are due within a limit."""
