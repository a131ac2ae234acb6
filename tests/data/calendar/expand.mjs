// Expands calendars with ical.js and with node-ical, as programs that are built on them do.
//
// Reads lines `FILE FROM UNTIL LIBRARY` (seconds since 1970) and writes, for each, one JSON list of [start, end] in seconds, ordered.
// ical.js takes zones from the VTIMEZONE in the file. node-ical takes them from Node's own data and passes over the VTIMEZONE, so
// a line `- FROM UNTIL ZONE` writes the changes of that zone there: a list of [second, offset in seconds], by the hour.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(`${process.env.PACKAGES}/`);
const ICAL = require("ical.js").default ?? require("ical.js");
const nodeIcal = require("node-ical");

const seconds = (date) => Math.floor(date.getTime() / 1000);

function icalJs(text, from, until) {
  const calendar = new ICAL.Component(ICAL.parse(text));
  for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);
  const found = [];
  const events = calendar.getAllSubcomponents("vevent").map((it) => new ICAL.Event(it));
  const add = (it) => found.push([it.startDate.toUnixTime(), it.endDate.toUnixTime()]);
  for (const event of events.filter((it) => !it.isRecurrenceException())) {
    for (const other of events) if (other.isRecurrenceException() && other.uid === event.uid) event.relateException(other);
    if (!event.isRecurring()) {
      add(event);
      continue;
    }
    const dates = event.iterator();
    for (let next = dates.next(); next && next.toUnixTime() < until; next = dates.next()) add(event.getOccurrenceDetails(next));
  }
  ICAL.TimezoneService.reset();
  return found.filter(([start]) => start > from && start < until);
}

function byNodeIcal(text, from, until) {
  const range = { from: new Date(from * 1000), to: new Date(until * 1000) };
  const events = Object.values(nodeIcal.sync.parseICS(text)).filter((it) => it.type === "VEVENT");
  const found = events.flatMap((event) => nodeIcal.expandRecurringEvent(event, range));
  return found.map((it) => [seconds(it.start), seconds(it.end)]).filter(([start]) => start > from && start < until);
}

function offsets(zone, from, until) {
  const form = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" });
  const offset = (second) => {
    const name = form.formatToParts(new Date(second * 1000)).find((it) => it.type === "timeZoneName").value;
    const [, sign, hours, minutes] = /GMT(?:([+-])(\d+):(\d+))?/.exec(name);
    return sign ? Number(`${sign}1`) * (Number(hours) * 3600 + Number(minutes) * 60) : 0;
  };
  const found = [];
  for (let second = Math.floor(from / 3600) * 3600; second < until; second += 3600) {
    const now = offset(second);
    if (found.length === 0 || found.at(-1)[1] !== now) found.push([second, now]);
  }
  return found;
}

for (const line of readFileSync(0, "utf8").trim().split("\n")) {
  const [file, from, until, how] = line.split(" ");
  const range = [Number(from), Number(until)];
  const read = () => readFileSync(file, "utf8");
  const found = file === "-" ? offsets(how, ...range) : how === "ical.js" ? icalJs(read(), ...range) : byNodeIcal(read(), ...range);
  console.log(JSON.stringify(found.sort(([a, b], [c, d]) => a - c || b - d)));
}
