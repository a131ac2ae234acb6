// The log's rows as they come, drawn as templates/talk/_log.html.j2 draws them, and the reader's place in them.
import { clone, make, one, words } from "../kit/dom.js";
import * as clock from "../kit/clock.js";

const { dataset } = document.body;
const scroller = one(".log");
const lines = one("#lines");
const pill = one("[data-new]");
const NOTABLE = ["opened", "closed", "cancelled", "restored", "rescheduled", "warning", "agenda", "action"];
const together = new Intl.ListFormat("en-GB");
const labels = JSON.parse(words.labels); // what each command's line is marked with
let last = Number(dataset.cursor);
let have = Number(dataset.count);
let unseen = 0;

// Rows that only their reader sees, such as secret votes, are not counted.
const forEveryone = ({ room }) => !room;
export const holds = (ts) => ts <= last;
export const count = () => have;
export const newest = () => last;
export const atEnd = () => dataset.phase !== "open" || scroller.scrollTop > -40;
export function toEnd() {
  scroller.scrollTop = 0;
  seen();
}
function seen() {
  unseen = 0;
  pill.hidden = true;
}
scroller.addEventListener("scroll", () => { if (atEnd()) seen(); }, { passive: true });
pill.addEventListener("click", toEnd);

// Who reads further up keeps the place, who is at the end stays there.
export function keepPlace(change) {
  const end = atEnd();
  const anchor = lines.lastElementChild;
  const before = anchor?.getBoundingClientRect().top;
  change();
  if (dataset.phase !== "open") return;
  if (end) scroller.scrollTop = 0;
  else if (anchor?.isConnected) scroller.scrollTop += anchor.getBoundingClientRect().top - before;
}

// A line that the page has is a step away; an older one stands in the whole log.
document.addEventListener("click", ({ target }) => {
  const link = target.closest("a[href*='#']");
  if (!link || link.pathname !== location.pathname || !/^#(t\d+|since)$/.test(link.hash)) return;
  if (one(link.hash)) link.search = location.search;
  else if (!link.search) link.search = dataset.phase === "closed" ? `at=${link.hash.slice(2)}` : `all=1&at=${link.hash === "#since" ? "" : link.hash.slice(2)}`;
});

function stamp(ts) {
  const text = clock.time(ts, dataset.zone);
  return make("a", { class: "at", tabindex: "-1", href: `#t${ts}` }, make("time", { datetime: clock.iso(ts) }, text));
}

const minute = ({ id }) => Math.floor(Number(id.slice(1)) / 60e6);

function names([verb, list]) {
  const some = list.length > 4 ? [...list.slice(0, 3), `${list.length - 3} others`] : list;
  return `${together.format(some)} ${verb}`;
}

function burst(row) {
  let block = lines.lastElementChild;
  if (!block?.dataset.moves || minute(block) !== Math.floor(row.ts / 60e6)) {
    block = make("div", { class: "event", id: `t${row.ts}`, "data-moves": "[]" }, stamp(row.ts), make("div"));
    lines.append(block);
  }
  const moves = block.moves ??= JSON.parse(block.dataset.moves);
  if (moves.at(-1)?.[0] === row.kind) moves.at(-1)[1].push(row.nick);
  else moves.push([row.kind, [row.nick]]);
  const told = moves.slice(0, 5).map(names);
  if (moves.length > 5) told.push(`${moves.length - 5} more came or left`);
  block.lastElementChild.textContent = told.join(" · ");
}

// A command's words: the server renders what stands before them as it was typed.
const namesRow = ({ tag }) => ["edit", "strike", "done", "carry", "drop"].includes(tag);
const bare = (row) => row.html.replace(/^#[a-z]+(\s|<br>)*/i, "").replace(namesRow(row) ? /^\d+\s*/ : "", "");

function topic(row) {
  const words = make("bdi");
  words.innerHTML = bare(row);
  const head = make("h3", { class: "said" }, words);
  const line = make("div", { class: "line", id: `t${row.ts}` }, stamp(row.ts), make("p", { class: "nick" }, labels.topic), head);
  cut(row, line);
  lines.append(make("div", { class: "run topic", "data-nick": row.nick }, line));
}

// Where who looks on may remove it.
function cut(row, line) {
  const button = row.html && clone("cut");
  if (!button) return;
  button.value = row.ts;
  button.ariaLabel += ` by ${row.nick}`;
  line.append(button);
}

function spoken(row) {
  const key = `${row.kind} ${row.from}`;
  let run = lines.lastElementChild;
  const line = make("div", { class: row.kind === "emote" ? "line me" : "line", id: `t${row.ts}` }, stamp(row.ts));
  if (run?.dataset.run === key) {
    if (minute(run.lastElementChild) === minute(line)) line.classList.add("same");
  } else {
    run = make("div", { class: "run", "data-run": key });
    if (row.kind === "said") run.append(make("p", { class: row.from === dataset.participant ? "nick you" : "nick", dir: "auto" }, row.nick));
    lines.append(run);
  }
  const marked = row.tag && row.html;
  const words = make(marked ? "bdi" : "div", marked ? {} : { dir: "auto" });
  words.innerHTML = row.tag ? bare(row) : row.html; // safe as the server wrote it, and no script runs under the page's policy
  const whole = marked ? make("div", { class: "mark" }, make("b", {}, labels[row.tag] ?? row.tag), " ", words) : words;
  if (marked && namesRow(row)) whole.dataset.row = row.text.match(/\d+/)?.[0] ?? "";
  if (!row.html) words.append(clone("removed"));
  if (row.kind === "emote") whole.prepend(make("b", {}, make("bdi", {}, row.nick)), " ");
  line.append(make("div", { class: "said" }, whole));
  cut(row, line);
  run.append(line);
}

function redact(ts) {
  const line = document.getElementById(`t${ts}`);
  if (!line) return;
  (one(".said", line) ?? line.lastElementChild).replaceChildren(make("div", {}, clone("removed")));
  one(".cut", line)?.remove();
}

function notable(row) {
  const told = make("div", { dir: "auto" }, row.text);
  if (row.kind === "action") {
    told.innerHTML = row.html; // without the row that its text names
    if (row.html && row.nick) told.append(` by ${row.nick}`);
  }
  if (!row.text) told.append(clone("removed"));
  lines.append(make("div", { class: "event notable", id: `t${row.ts}` }, stamp(row.ts), told));
}

function draw(row) {
  if (row.tag === "topic" && row.html) topic(row);
  else if (row.kind === "said" || row.kind === "emote") spoken(row);
  else if (row.kind === "joined" || row.kind === "left") burst(row);
  else if (row.kind === "redacted") redact(row.text);
  else if (row.kind === "chair" || row.kind === "unchair") lines.append(make("div", { class: "event", id: `t${row.ts}` }, stamp(row.ts), make("div", {}, row.text)));
  else if (NOTABLE.includes(row.kind)) notable(row);
}

// Adds what is new and tells how many lines of others; `settle` takes a row's pending line away in the same breath.
export function add(rows, settle) {
  const fresh = rows.filter((row) => row.ts > last);
  if (fresh.length === 0) return 0;
  const end = atEnd();
  keepPlace(() => {
    for (const row of fresh) {
      settle(row);
      draw(row);
    }
  });
  last = fresh.at(-1).ts;
  have += fresh.filter(forEveryone).length;
  const heard = fresh.filter((row) => (row.kind === "said" || row.kind === "emote") && row.from !== dataset.participant).length;
  if (!end && heard) {
    unseen += heard;
    pill.hidden = false;
    pill.textContent = `${unseen} new ↓`;
  }
  return heard;
}

export function reset() {
  lines.replaceChildren();
  last = 0;
  have = 0;
  seen();
}
