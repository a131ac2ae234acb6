// Messages that are sent and not in the log yet. Each one is tried until the server has it or its writer discards it, whatever the
// connection does, also after a reload: they are stored for all tabs of the event. The nonce makes each further try safe.
import { call } from "../kit/api.js";
import { clone, complain, kept, make, one, random, session, words } from "../kit/dom.js";
import * as composer from "./composer.js";
import * as log from "./log.js";

const { dataset } = document.body;
const lines = one("#lines");
const pending = one("#pending");
const key = `out-${dataset.event}`;
const FIRST = 1000; // milliseconds to the second try
const LONGEST = 15_000;
const LATE = 4000; // milliseconds until a try without an answer is doubtful
const ORPHAN = 20_000; // another tab's message is left to that tab for this long
const PASSING = [408, 425, 429]; // refusals that are over after a while
const out = []; // {nonce, text, by, nick, at, why, saved, sent, late, done, ask, line}
let sending = null; // {since, controller} of the request that runs
let failures = 0;
let notBefore = 0;
let timer = 0;
let shelf = kept; // where unsent messages are; this tab's own storage once the event is over
let onRemoved = () => {};
let onDoubt = () => {};

/* == what is stored, for all tabs of the event == */
const stored = () => shelf.get(key) ?? [];
function keep(entry) {
  const list = stored();
  const { nonce, text, by, nick, at, why, ask } = entry;
  const index = list.findIndex((other) => other.nonce === nonce);
  list.splice(index < 0 ? list.length : index, index < 0 ? 0 : 1, { nonce, text, by, nick, at, why, ask });
  entry.saved = shelf.set(key, list);
}
const strike = ({ nonce }) => shelf.set(key, stored().filter((other) => other.nonce !== nonce));

// Another tab wrote, sent or discarded something.
function sync() {
  if (shelf === session) return;
  const saved = stored();
  for (const entry of [...out]) if (entry.saved && !entry.sent && !saved.some(({ nonce }) => nonce === entry.nonce)) forget(entry);
  for (const it of saved) {
    const own = out.find(({ nonce }) => nonce === it.nonce);
    if (!own) {
      out.push({ ...it, saved: true });
      setTimeout(send, ORPHAN + Math.random() * FIRST);
      draw(out.at(-1));
    } else if (own.why !== it.why) {
      own.why = it.why;
      draw(own);
    }
  }
}
addEventListener("storage", ({ key: changed }) => { if (changed === `gavel-${key}` || changed === null) sync(); });

/* == what is seen: under its writer's name, after the log == */
// Why it is not sent at all; "" while it is still tried.
const reason = (entry) => entry.why || (entry.by === dataset.participant ? "" : words.other);

function button(actions, name, act) {
  one(`[data-do=${name}]`, actions).addEventListener("click", act);
}

function draw(entry) {
  const why = reason(entry);
  const text = make("div", { dir: "auto" });
  entry.text.split("\n").forEach((part, index) => text.append(...(index ? [make("br")] : []), part));
  const said = make("div", { class: "said" }, text);
  if (why || entry.late) {
    const actions = clone(why ? "failed" : "waiting");
    if (why) {
      one("span", actions).textContent = `Not sent: ${why}`;
      one("[data-copy]", actions).dataset.copy = entry.text;
      button(actions, "edit", () => { discard(entry); composer.reopen(entry.text); });
    } else button(actions, "send", () => { kick(); one("#text").focus(); });
    button(actions, "discard", () => { discard(entry); one(dataset.phase === "open" ? "#text" : "#lines").focus(); });
    if (dataset.phase !== "open" || !dataset.participant) one("[data-do=edit]", actions)?.remove();
    said.append(actions);
  } else text.append(" ", make("small", {}, "sending…"));
  const line = make("div", { class: `line ${why || entry.late ? "failed" : "pending"}` }, make("span", { class: "at" }), said);
  const block = make("div", { class: "run" }, make("p", { class: "nick you", dir: "auto" }, entry.nick), line);
  log.keepPlace(() => {
    if (entry.line) entry.line.replaceWith(block);
    else pending.append(block);
    entry.line = block;
    group();
  });
}

// The name is written once for lines that follow each other.
function group() {
  let before = lines.lastElementChild?.dataset.run;
  for (const { by, line } of out) {
    if (!line) continue;
    const run = `said ${by}`;
    line.classList.toggle("on", run === before);
    line.firstElementChild.hidden = run === before;
    before = run;
  }
}
new MutationObserver(group).observe(lines, { childList: true });
// Whoever joins, leaves or is removed: which messages are still theirs to send.
new MutationObserver(() => { out.forEach(draw); send(); }).observe(document.body, { attributeFilter: ["data-participant"] });

function forget(entry) {
  const index = out.indexOf(entry);
  if (index < 0) return;
  out.splice(index, 1);
  log.keepPlace(() => {
    entry.line.remove();
    group();
  });
}
function discard(entry) {
  strike(entry);
  forget(entry);
}

// The server's row came: its pending line goes in the same moment.
export function settle(row) {
  const entry = out.find(({ nonce }) => nonce === row.nonce);
  if (entry && entry.by === row.from) discard(entry);
}

/* == sending: one at a time, so that messages keep the order in which they were written == */
const wanted = () => out.find((entry) => !entry.sent && !reason(entry));

function refuse(entry, { status, answer }) {
  if (status === 422 && !one("#text").value && !entry.late && dataset.phase === "open") {
    // Nobody has read it: it is corrected where it was typed.
    discard(entry);
    composer.reopen(entry.text);
    return complain("text", answer.detail);
  }
  entry.why = { 401: words.out, 410: words.over }[status] ?? (answer.detail || words.refused);
  keep(entry);
  draw(entry);
  if (status === 401) onRemoved();
}

function doubt(silent = true) {
  for (const entry of out.filter((it) => !it.late && !it.sent && !reason(it))) {
    entry.late = true;
    draw(entry);
  }
  if (silent) onDoubt();
}

// A refusal that stays one: ours, and not because the server's clock is a moment behind ours.
const isFinal = ({ status, answer }) => status >= 400 && status < 500 && !PASSING.includes(status)
  && (Boolean(answer.type) || [410, 413, 422].includes(status))
  && !(answer.type === "/problems/event-not-open" && dataset.phase === "open");

async function send() {
  if (sending) return;
  clearTimeout(timer);
  for (let entry = wanted(); entry; entry = wanted()) {
    const controller = new AbortController();
    sending = { since: performance.now(), controller };
    const slow = setTimeout(doubt, LATE, true);
    const body = { text: entry.text, nonce: entry.nonce, ask: entry.ask };
    const result = await call("POST", `/api/v1/events/${dataset.event}/messages`, { body, signal: controller.signal }).catch(() => null);
    clearTimeout(slow);
    sending = null;
    if (result?.status < 300) {
      failures = 0;
      strike(entry);
      entry.sent = true;
      if (entry.late) {
        entry.late = false;
        draw(entry);
      }
      if (result.answer.hint) complain("text", result.answer.hint);
      entry.done?.(result.answer);
      // It may be in the log already: that of a page which does not follow any more is complete.
      if (log.holds(result.answer.ts) || dataset.phase === "closed") forget(entry);
    } else if (!out.includes(entry)) {
      continue; // discarded meanwhile, or in the log although the answer was lost
    } else if (result && isFinal(result)) {
      failures = 0;
      refuse(entry, result);
    } else {
      const ms = controller.signal.aborted ? 0 : Math.min(LONGEST, FIRST * 2 ** failures) * (1 + Math.random() / 2);
      const least = (result?.retryAfter ?? 0) * 1000;
      failures += 1;
      notBefore = performance.now() + least;
      timer = setTimeout(send, Math.max(ms, least + Math.random() * FIRST));
      return doubt(!result);
    }
  }
}

// Tries at once, as far as the server allows: the network may be back, or the writer asks for it.
export function kick() {
  if (sending && performance.now() - sending.since > LATE) sending.controller.abort();
  else if (performance.now() >= notBefore) send();
}

export function post(text, done, ask) {
  complain("text", "");
  const entry = { nonce: random(16), text, by: dataset.participant, nick: dataset.nick, at: Date.now(), why: "", late: failures > 0, done, ask };
  out.push(entry);
  keep(entry);
  draw(entry);
  log.toEnd();
  kick();
}

// Nothing more can be sent. What is left stays in this tab, for its writer to copy or discard.
export function close() {
  if (shelf === session) return;
  const left = stored();
  shelf = session;
  // The other tabs have to learn of the close first: what disappears before that was sent or discarded.
  setTimeout(() => kept.set(key, null), 5000);
  for (const it of [...stored(), ...left]) if (!out.some(({ nonce }) => nonce === it.nonce)) out.push({ ...it });
  out.filter(({ sent }) => !sent).forEach((entry) => { keep(entry); draw(entry); });
  send();
}

export function start(removed, doubted) {
  onRemoved = removed;
  onDoubt = doubted;
  for (const it of stored()) {
    if (out.some(({ nonce }) => nonce === it.nonce)) continue;
    out.push({ ...it, saved: true });
    draw(out.at(-1));
  }
  send();
}
