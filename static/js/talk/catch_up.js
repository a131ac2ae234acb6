// The card of what went by, for who comes late or was away for half an hour by the server's clock: hidden, asleep, offline or gone.
import * as clock from "../kit/clock.js";
import { all, kept, make, one, say, session, wait } from "../kit/dom.js";
import * as log from "./log.js";
import "../kit/place.js";
import { style } from "../kit/style_sheet.js";
import * as stage from "./stage.js";

const { dataset } = document.body;
const AWAY = 1800e6;
const LATE = 600e6;
const SCREENFUL = 30;
const BEAT = 20_000;
const key = `seen-${dataset.event}`;
const cardKey = `missed-${dataset.event}`;
const place = one("[data-missed]");
const lines = one("#lines");
let seen = null; // {ts, at}: the last row that was seen, and when that was
let open = session.get(cardKey); // a card that a reload took away
let kick = null;

new MutationObserver(() => lines.parentElement.style.setProperty("--card", `${place.firstElementChild?.offsetHeight ?? 0}px`)).observe(place, { childList: true, subtree: true, attributes: true });

const remember = () => { if (seen) kept.set(key, seen); };

// A line before the first row that is new. Where the page begins behind that, it is not drawn: the whole log has it.
function rule({ ts, at }) {
  one("#since")?.remove();
  const rows = all("[id^=t]", lines);
  const first = rows.findIndex((row) => Number(row.id.slice(1)) > ts);
  if (first < 1) return;
  const fresh = rows[first];
  const line = make("p", { class: "since", id: "since", tabindex: -1 }, `New since ${clock.time(at, dataset.zone)}`);
  log.keepPlace(() => {
    if (!fresh.previousElementSibling?.matches(".line")) return (fresh.closest(".run") ?? fresh).before(line);
    // In the middle of somebody's words: what follows is a run of its own.
    const run = fresh.parentElement;
    const rest = run.cloneNode(false);
    const children = [...run.children];
    rest.append(...children.slice(0, 1).filter((it) => it.matches(".nick")).map((it) => it.cloneNode(true)), ...children.slice(children.indexOf(fresh)));
    fresh.classList.remove("same");
    run.after(line, rest);
  });
}

async function show(since) {
  session.set(cardKey, since);
  await wait(Math.random() / 2); // chance spreads those who come back at once
  const nick = encodeURIComponent(dataset.nick || kept.get("nick") || "");
  const response = await fetch(`${location.pathname}/catch-up?after=${since.ts}&nick=${nick}`).catch(() => null);
  if (!response || response.status >= 500) return setTimeout(show, 5000, since);
  const html = response.ok ? (await response.text()).trim() : "";
  if (!html) return session.set(cardKey, null);
  await style("missed");
  place.innerHTML = html; // of pieces that the server has sanitized
  if (since.ts) rule(since);
  say("[data-announced]", `${one("h2", place).textContent}: ${one("header p", place).textContent}`);
}

function dismiss() {
  const inside = place.contains(document.activeElement);
  place.replaceChildren();
  session.set(cardKey, null);
  if (inside) one(dataset.participant ? "#text" : ".log").focus();
}

place.addEventListener("click", (event) => {
  const { target } = event;
  if (target.closest("[data-newest]")) log.toEnd();
  if (!target.closest("[data-dismiss]")) return;
  event.preventDefault();
  dismiss();
});
// Before the menus hear of the key: it closes one thing at a time.
document.addEventListener("keydown", ({ key: struck }) => {
  if (struck === "Escape" && place.firstElementChild && !one("details.menu[open], dialog[open]")) dismiss();
}, true);

// Who comes as the room opens has nothing to catch up on, and need not ask.
const mayBeLate = (now) => now - stage.opening() >= LATE || all(".line", lines).length >= SCREENFUL;

// The page shows all that an answer brought, by a clock that the answer has set: was it long that nobody looked?
export function look(again) {
  kick = again;
  if (document.hidden) return;
  const now = clock.now();
  const other = kept.get(key); // what another tab has shown
  if (!seen || other?.at > seen.at) seen = other;
  if (seen ? now - seen.at >= AWAY : mayBeLate(now)) show(seen ?? { ts: 0 });
  else if (open) show(open);
  open = null;
  seen = { ts: log.newest(), at: now };
  remember();
}

// Whoever has a nickname now may be called by it in what the card tells.
export function named() {
  const since = session.get(cardKey);
  if (since && place.firstElementChild) show(since);
}

// Somebody looks on although nothing comes. A long gap between two beats may be the clock's: an answer has to say it.
setInterval(() => {
  if (document.hidden || !seen || dataset.phase !== "open") return;
  const now = clock.now();
  if (now - seen.at >= AWAY) return kick();
  seen.at = now;
  remember();
}, BEAT);
document.addEventListener("visibilitychange", () => { if (document.hidden) remember(); });
addEventListener("pagehide", remember);
