"""Expands calendars as a calendar program does, with icalendar and recurring-ical-events.

Reads lines `FILE FROM UNTIL HOW` (seconds since 1970) and writes, for each, one JSON list of
[start, end, status, summary, uid], ordered. HOW is `known`: zones by their names, from the IANA data that
Python has; or `told`: zones under names that nobody knows, so that only the VTIMEZONE in the file counts.
"""

import json
import sys
from datetime import datetime, timezone

import icalendar
import recurring_ical_events


def expand(path, since, until, how):
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    if how == "told":
        text = text.replace("TZID=", "TZID=X-Told-").replace("\r\nTZID:", "\r\nTZID:X-Told-")
    calendar = icalendar.Calendar.from_ical(text)
    at = [datetime.fromtimestamp(int(seconds), timezone.utc) for seconds in (since, until)]
    found = recurring_ical_events.of(calendar).between(*at)
    seconds = lambda value: int(value.dt.astimezone(timezone.utc).timestamp())
    return sorted(
        [seconds(it["DTSTART"]), seconds(it["DTEND"]), str(it["STATUS"]), str(it["SUMMARY"]), str(it["UID"])] for it in found
    )


for line in sys.stdin:
    print(json.dumps(expand(*line.split())), flush=True)
