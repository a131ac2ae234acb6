// What you write: draft, pending lines, sending again. Knows the nonce that makes a second try safe, not the log's order.
import { insist } from "./api.js";
import { clone, complain, make, one, random, session, words } from "./dom.js";
import * as log from "./log.js";
import { ask } from "./ui.js";

const { dataset } = document.body;
const form = one("[data-say]");
const box = one("#text");
const pending = one("#pending");
const LIMIT = 4000;
const draftKey = `draft-${dataset.event}`;
const outKey = `out-${dataset.event}`;
const out = []; // {nonce, text, failed: why or "", line}
let sending = false;
let onRemoved = () => {};
let onHelp = () => {};

const keep = () => session.set(outKey, out.map(({ nonce, text, failed }) => ({ nonce, text, failed })));

function draw(entry) {
  const words = make("p");
  entry.text.split("\n").forEach((part, index) => words.append(...(index ? [make("br")] : []), part));
  const said = make("div", { class: "said" }, words);
  const line = make("div", { class: `line ${entry.failed ? "failed" : "pending"}` }, make("span", { class: "at" }), said);
  if (entry.failed) {
    const actions = clone("failed");
    const [again, discard] = actions.children;
    again.addEventListener("click", () => { entry.failed = ""; redraw(entry); send(); box.focus(); });
    discard.addEventListener("click", () => { drop(entry); box.focus(); });
    actions.prepend(`Not sent: ${entry.failed} `);
    said.append(actions);
  } else {
    words.append(" ", make("small", {}, "sending…"));
  }
  const before = entry.line?.previousElementSibling ?? (entry.line ? null : pending.lastElementChild) ?? one("#lines").lastElementChild;
  const own = before?.parentElement === pending || before?.dataset.run === `said ${dataset.participant}`;
  return make("div", { class: own ? "run on" : "run" }, ...(own ? [] : [make("p", { class: "nick you" }, dataset.nick)]), line);
}

function redraw(entry) {
  const line = draw(entry);
  log.keepPlace(() => {
    if (entry.line) entry.line.replaceWith(line);
    else pending.append(line);
  });
  entry.line = line;
  keep();
}

function drop(entry) {
  const index = out.indexOf(entry);
  if (index >= 0) out.splice(index, 1);
  log.keepPlace(() => entry.line.remove());
  keep();
}

// The server's row came: its pending line goes in the same moment.
export function settle(row) {
  if (!row.nonce || row.from !== dataset.participant) return;
  const entry = out.find(({ nonce }) => nonce === row.nonce);
  if (entry) drop(entry);
}

// One at a time, so that lines keep the order in which they were written.
async function send() {
  if (sending) return;
  sending = true;
  for (;;) {
    const entry = out.find(({ failed, sent }) => !failed && !sent);
    if (!entry) break;
    const result = await insist(`/api/v1/events/${dataset.event}/messages`, { text: entry.text, nonce: entry.nonce });
    if (result?.answer.hint) complain("text", result.answer.hint);
    if (result?.status < 300) entry.done?.(result.answer);
    if (!out.includes(entry)) continue; // the poll was quicker
    if (result?.status === 422 && !box.value) {
      // Nobody has read it: it is to be mended where it was typed.
      drop(entry);
      fill(entry.text);
      complain("text", result.answer.detail);
      continue;
    }
    if (result && result.status < 300) {
      entry.sent = true;
      if (log.holds(result.answer.ts)) drop(entry); // a second try of a row that is already in the log
      continue;
    }
    if (result?.status === 401) onRemoved();
    entry.failed = result === null ? words.away : result.status === 401 ? words.out : result.answer.detail || words.refused;
    redraw(entry);
  }
  sending = false;
}

// The network is back: what it had swallowed goes out by itself.
export function resend() {
  if (!dataset.participant) return;
  for (const entry of out) {
    if (entry.failed !== words.away) continue;
    entry.failed = "";
    redraw(entry);
  }
  send();
}

function grow() {
  if (CSS.supports("field-sizing", "content")) return;
  box.rows = Math.min(8, box.value.split("\n").length + Math.floor(box.value.length / 90));
}

async function submit() {
  const text = box.value.replaceAll("\r\n", "\n").trim();
  if (!text) return;
  const over = [...text].length - LIMIT;
  if (over > 0) return complain("text", `Your message is too long by ${over} ${over === 1 ? "sign" : "signs"}. Shorten it or send it in parts.`);
  complain("text", "");
  if (!await isMeant(text)) return box.focus();
  box.value = "";
  session.set(draftKey, null);
  grow();
  if (text.toLowerCase() === "/help") onHelp();
  else post(text);
}

const isMeant = async (text) => !dataset.runs || !/^#endmeeting$/i.test(text) || ask("Close this room for everybody, for good?", "Close the room");

// Gives a command that stands alone, by a button.
export async function give(word) {
  if (await isMeant(`#${word}`)) post(`#${word}`);
}

// Says something that was not typed, such as a button's command; `done` gets the answer once it is written.
export function post(text, done) {
  complain("text", "");
  const entry = { nonce: random(16), text, failed: "", line: null, done };
  out.push(entry);
  redraw(entry);
  log.toEnd();
  send();
}

// Begins a message with a command, before what is typed already.
export const begin = (word) => fill(`#${word} ${box.value.replace(/^#\w+\s*/, "")}`);
function fill(text) {
  box.value = text;
  session.set(draftKey, text);
  grow();
  box.focus();
}

export function start(removed, help) {
  onRemoved = removed;
  onHelp = help;
  if (!box.value) box.value = session.get(draftKey) ?? "";
  grow();
  box.addEventListener("input", () => { session.set(draftKey, box.value); grow(); complain("text", ""); });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    submit();
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); submit(); box.focus(); });
  // What a reload interrupted goes out again under its nonce; what had failed waits for you.
  for (const saved of session.get(outKey) ?? []) {
    const entry = { ...saved, line: null };
    out.push(entry);
    redraw(entry);
  }
  resend();
}
