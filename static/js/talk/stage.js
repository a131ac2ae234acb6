// Which of its lives the page shows, by the server's clock, and what counts with it: countdown, "closes in", tab title.
import { all, make, one, say, show } from "../kit/dom.js";
import * as clock from "../kit/clock.js";
import { showNearTimes } from "../kit/ui.js";

const { dataset } = document.body;
const zone = dataset.zone;
let title = document.title;
const listeners = [];
let opens = Number(dataset.opens);
let closes = Number(dataset.closes);
let told = dataset.phase; // what the server said last; the clock goes on from there
// It may be opened by hand so long before its end, by chairs so long before its start; the room warns so long before its end.
const LONGEST = 86_400e6;
const EARLY = 1800e6;
const SOON = 600e6;
let heard = 0; // words of others since the reader looked away

export const onPhase = (listener) => listeners.push(listener);
export const opening = () => opens;
export function unread(more) {
  heard = Math.max(0, heard + more);
  tick();
}

const early = () => Math.max(closes - LONGEST, dataset.owner ? 0 : opens - EARLY);

function reckon() {
  if (told === "cancelled" || told === "closed") return told;
  const now = clock.now();
  if (now >= closes) return "closed";
  return told === "open" || now >= opens ? "open" : "scheduled";
}

// An event as answers carry it.
export function update(event) {
  told = event.phase;
  if (event.opens_at !== opens || event.closes_at !== closes) {
    title = title.replace(clock.date(opens, zone), clock.date(event.opens_at, zone));
    // Between the same two clock changes the zone keeps the name that the server gave it.
    const named = clock.offset(event.closes_at, zone) === clock.offset(closes, zone);
    opens = event.opens_at;
    closes = event.closes_at;
    for (const element of all("[data-at]")) {
      const at = element.dataset.at;
      const us = { closes, early: early() }[at] ?? opens;
      if (at === "closes") element.textContent = clock.until(opens, closes, zone);
      else if (at !== "zone") element.textContent = clock[{ date: at, early: "full" }[at] ?? "time"](us, zone);
      else if (!named) element.textContent = ` ${clock.offset(closes, zone)}`;
      if (element.dateTime) element.dateTime = clock.iso(us);
    }
    for (const element of all("[data-of]")) element.dataset.near = closes;
    ownTime();
  }
  if (event.digest) {
    say("[data-digest] code", event.digest);
    show("[data-digest]", true);
  }
  tick();
}

// The event got another title; its head line says it already.
let name = one(".room-head h1").textContent;
export function rename(next) {
  title = title.replace(name, () => next);
  const heading = one("[data-heading]");
  heading.textContent = next === heading.dataset.heading ? "" : `${next}, `;
  name = next;
  tick();
}

function ownTime() {
  const text = clock.elsewhere(opens, closes, zone);
  show("[data-mine]", text !== null);
  say("[data-mine-text]", text ?? "");
  say("[data-mine-end]", `${clock.until(opens, closes, clock.mine)}, ${clock.city(clock.mine)}`);
}

// Called before the page becomes another one; what that gives, after it.
let keep = () => () => {};
export const keeping = (way) => { keep = way; };

function turn(next) {
  const before = dataset.phase;
  const back = keep();
  dataset.phase = next;
  all("details.menu[open]").forEach((menu) => { menu.open = false; });
  if (before === "open" && next === "closed") back();
  showNearTimes();
  listeners.forEach((listener) => listener(next, before));
}

export function tick() {
  const next = reckon();
  if (next !== dataset.phase) turn(next);
  const now = clock.now();
  let head = title;
  if (next === "scheduled") {
    const parts = clock.units(opens - now, opens - now >= 86_400_000_000 ? 3 : 4);
    one("[data-countdown]")?.replaceChildren(...parts.flatMap(([value, unit]) => [`${value}`, make("small", {}, unit), " "]));
    head = `Opens in ${clock.length(opens - now)} · ${title}`;
    show("[data-early]", now >= early());
    show("[data-too-early]", now < early());
  }
  if (next === "open") {
    const left = closes - now;
    const closing = one("[data-closing]");
    closing.replaceChildren("closes in ", make("b", {}, left < 60e6 ? `${Math.ceil(left / 1e6)} s` : left < 3600e6 ? `${Math.floor(left / 60e6)} min` : clock.length(left, 2)));
    closing.parentElement.className = `closes${left < 60e6 ? " last" : left < SOON ? " soon" : ""}`;
    show("[data-soon]", left < SOON);
    one(".elapsed").value = 100 * (now - opens) / (closes - opens);
  }
  if (heard) head = `(${heard}) ${title}`;
  if (document.title !== head) document.title = head;
}

// The ticks stand on the server's whole seconds, so that the room opens on the second.
function beat() {
  tick();
  setTimeout(beat, 1000 - (clock.now() / 1000) % 1000 + 4);
}
ownTime();
beat();
