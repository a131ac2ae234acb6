// The event's page: ties the poll to log, people, composer and stage, and lets people in.
import { insist } from "../kit/api.js";
import * as clock from "../kit/clock.js";
import * as composer from "./composer.js";
import { all, complain, kept, late, one, random, say, show, words } from "../kit/dom.js";
import * as log from "./log.js";
import * as people from "./people.js";
import { follow } from "./poll.js";
import * as stage from "./stage.js";

const { dataset } = document.body;
const base = `/api/v1/events/${dataset.event}`;
const goKey = `go-${dataset.event}`;
const nick = one("#nick");
let complete = dataset.ended === "yes";
let total = Number(dataset.count);
let proven = {};
let answered = clock.now(); // when the server last answered
let since = 0; // since when something is wrong
let nextTry = 0;

/* == the line that always says the connection, and whether all is there == */
const TROUBLE = ["lost", "silent", "busy"];
let state = "";
function wire() {
  const trying = TROUBLE.includes(state);
  const well = ["", "connected", "done"].includes(state);
  say("[data-state]", words[state || "connecting"] + (trying ? ` ${clock.time(since, dataset.zone)}.` : ""));
  all("[data-state]").forEach((line) => line.classList.toggle("lost", !well));
  const seconds = Math.ceil((nextTry - Date.now()) / 1000);
  say("[data-next]", trying && seconds > 0 ? `Next try in ${seconds} s.` : "");
  show("[data-trying]", trying);
  show("[data-complete]", complete);
  show("[data-incomplete]", !complete);
  // What is proven of fewer rows than there are says nothing of the last ones.
  const proof = proven.state === "whole" && proven.count !== total ? "" : proven.state;
  show("[data-have]", state && well && log.count() === total && proof !== "differs");
  for (const element of all("[data-proof]")) element.hidden = !element.dataset.proof.split(" ").includes(proof || "none");
}
function setState(next, until = 0) {
  const wasWrong = TROUBLE.includes(state);
  // The server last answered before anybody could see that it does not.
  if (next === "busy" ? state !== "busy" : !wasWrong || state === "busy") since = next === "busy" ? clock.now() : answered;
  if (next === "connected" && wasWrong) composer.resend();
  if (next === "done") {
    complete = true;
    closing((it) => it.close());
  }
  // Its date was taken off the schedule: the page behind this link tells what there is instead.
  if (next === "gone" && state) location.reload();
  state = next;
  nextTry = until;
  wire();
}
setInterval(() => { if (nextTry) wire(); }, 1000);

function told(state, count, digest) {
  // A page that follows no more may show a digest of its own.
  const other = complete && state === "whole" && digest !== one("[data-digest] code").textContent;
  proven = { state: other ? "differs" : state, count };
  wire();
}
// What proves the log comes when the page has come to rest, or is asked.
let proof = null;
let rest = 0;
function withProof(job) {
  proof ??= import("../transcript/verify.js").then((it) => it.prove(base, dataset.event, told));
  proof.then(job).catch(() => told("unread"));
}
function prove(answer) {
  clearTimeout(rest);
  if (proof) withProof((it) => it.follow(answer));
  else rest = setTimeout(withProof, 1000, (it) => it.follow(answer));
}
all("[data-verify]").forEach((button) => button.addEventListener("click", () => withProof((it) => it.check())));

/* == what the page works without at first: loaded when it is needed == */
const agenda = late(() => import("../agenda/agenda.js"));
const left = late(() => import("../minutes/open_actions.js"));
const minutes = late(() => import("../minutes/minutes.js"));
const run = late(() => import("../schedule/event_controls.js"));
const closing = late(() => import("../transcript/closing.js"));
const announce = late(() => import("./announce.js"));
const catchUp = late(() => import("./catch_up.js"));
// Few run the event.
function seat(chair) {
  if (chair || dataset.runs) run((it) => it.seat(chair));
}
if (dataset.runs) run(() => {});
new MutationObserver(() => left((it) => it.refresh())).observe(document.body, { attributeFilter: ["data-runs"] });

// The part of the page that somebody is about to use. Until its module is here, its forms post as they are.
function prepare({ target }) {
  if (target.closest?.(".rail, .sheet")) for (const part of [agenda, left, minutes]) part(() => {});
  if (target.closest?.(".ballot, .composer .menu")) minutes(() => {});
  if (target.closest?.("details.menu")) import("../kit/zones.js").catch(() => {});
}
for (const event of ["pointerover", "focusin"]) document.addEventListener(event, prepare);
addEventListener("hashchange", () => prepare({ target: one(".rail") }));
// A vote is on.
if (one(".ballot .button")) minutes(() => {});
const NOTED = ["redacted", "rescheduled", "closed"];
function concerns(rows) {
  if (rows.length === 0) return;
  announce((it) => it.follow(rows));
  if (rows.some(({ kind }) => kind === "agenda")) agenda((it) => it.refresh());
  if (!rows.some(({ tag, kind }) => tag || NOTED.includes(kind))) return;
  for (const part of [left, minutes]) part((it) => it.follow(rows));
}

/* == what comes == */
// What a row changes beside the log.
function follows(row) {
  people.follow(row);
  if (row.kind === "cancelled") say("[data-why]", row.text);
  if (row.kind === "rescheduled" && row.text.startsWith(one("[data-moved]").dataset.moved)) {
    say("[data-moved]", row.text);
    show("[data-moved]", true);
  }
  if (row.from === dataset.participant && (row.kind === "chair" || row.kind === "unchair")) seat(row.kind === "chair");
}
const on = {
  state: setState,
  who: () => dataset.participant,
  alive() { answered = clock.now(); },
  answer(answer) {
    on.alive();
    if (answer.now) clock.sync(answer.now, answer.asked);
    if (answer.replaced) return;
    if (answer.reset) {
      log.reset();
      people.reset();
    }
    answer.messages.forEach(follows);
    concerns(answer.messages);
    const heard = log.add(answer.messages, composer.settle);
    total = answer.event?.count ?? log.count();
    if (answer.event) stage.update(answer.event);
    say("[data-count-of]", `${total}`);
    say("[data-all]", total === 1 ? "the one message" : `all ${total} messages`);
    prove(answer);
    if (!answer.more && dataset.phase === "open") catchUp((it) => it.look(() => poll.kick()));
    if (document.hidden) stage.unread(heard);
  },
  removed: leaveSelf,
  // This browser joined or left in another tab.
  me: (it) => (it.id ? seated(it) : leaveSelf()),
};
let poll = follow(base, dataset.live, Number(dataset.cursor), on);

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  stage.unread(-Infinity);
  poll.kick();
});
addEventListener("online", () => {
  poll.kick();
  composer.resend();
});
addEventListener("pagehide", () => poll.stop());
addEventListener("pageshow", (event) => { if (event.persisted && !complete) poll.start(); });

/* == coming in == */
function leaveSelf() {
  dataset.participant = "";
  seat(false);
  people.markAll();
  complain("nick", words.notIn);
}

function seated({ id, nick, chair }) {
  dataset.participant = id;
  dataset.nick = nick;
  seat(chair);
  say("[data-nick-of]", nick);
  kept.set(goKey, null);
  complain("nick", "");
  people.markAll();
  catchUp((it) => it.named());
}

let attempt = null; // {nick, nonce}: the same nonce for the same nickname, so that a lost answer makes no second person
let joining = false;
async function join(name) {
  if (joining) return;
  const wanted = name.trim();
  if (!wanted) return complain("nick", words.noNick);
  if (attempt?.nick !== wanted) attempt = { nick: wanted, nonce: random(16) };
  joining = true;
  const early = ({ answer }) => answer.type === "/problems/event-not-open" && dataset.phase === "open";
  const result = await insist(`${base}/participants`, attempt, (result) => !result || early(result));
  joining = false;
  if (result && result.status < 300) {
    attempt = null;
    kept.set("nick", wanted);
    seated(result.answer);
    poll.identify();
    return one("#text").focus();
  }
  if (result) {
    attempt = null;
    kept.set(goKey, null);
  }
  nick.value = wanted;
  complain("nick", result ? result.answer.detail || words.noEntry : words.noAnswer);
}
one("[data-join]").addEventListener("submit", (event) => {
  event.preventDefault();
  join(nick.value);
});
if (!nick.value) nick.value = kept.get("nick") ?? "";

/* == waiting in the lobby == */
const go = one("[data-go]");
const goNick = one("#go-nick");
function showGoing() {
  const going = kept.get(goKey);
  go.hidden = going !== null;
  show("[data-going]", going !== null);
  say("[data-going-nick]", going?.nick ?? "");
}
goNick.value = nick.value;
go.addEventListener("submit", (event) => {
  event.preventDefault();
  const wanted = goNick.value.trim();
  if (!wanted) return;
  kept.set(goKey, { nick: wanted, nonce: random(16) });
  kept.set("nick", wanted);
  showGoing();
  one("[data-stay]").focus();
});
one("[data-stay]").addEventListener("click", () => {
  kept.set(goKey, null);
  showGoing();
  goNick.focus();
});
showGoing();

function enter() {
  const going = kept.get(goKey);
  if (!going || dataset.participant) return;
  // Chance spreads those who waited.
  setTimeout(() => {
    if (dataset.phase !== "open" || dataset.participant) return;
    attempt = going;
    join(going.nick);
  }, Math.random() * 1500);
}

stage.onPhase((next, before) => {
  // What both lives of the page have goes along, and what can be done with it may be another.
  one(`[data-place=${next}]`)?.append(one("#agenda"));
  one(`[data-spot=${next}]`)?.append(one("#left"));
  if (one("#agenda form")) agenda((it) => it.refresh());
  if (one("#left form")) left((it) => it.refresh());
  if (next === "cancelled") closing((it) => it.around());
  if (next !== "open") import("../kit/zones.js").catch(() => {});
  if (next === "closed" && one(".composer").contains(document.activeElement)) one("#lines").focus({ preventScroll: true });
  if (next === "open") {
    nick.value ||= goNick.value;
    enter();
    log.toEnd();
  }
  wire();
});

// Without these the page reads as well.
const needed = ["talk/keys", "kit/rail"];
if (one("[data-picked]")) needed.push("transcript/transcript");
if (dataset.phase !== "open" || kept.get("zone")) needed.push("kit/zones");
for (const part of needed) import(`../${part}.js`).catch(() => {});
const copying = late(() => import("../transcript/copy.js"));
document.addEventListener("selectionchange", () => { if (!getSelection().isCollapsed) copying(() => {}); });
composer.start(() => on.removed(), () => poll.kick(), () => minutes((it) => it.help()));
if (dataset.phase === "open") enter();
if (complete) setState("done");
else {
  wire();
  // All tabs of this room share one poller; a page that cannot have that polls alone.
  const share = (it) => { if (window.BroadcastChannel) poll = it.share(poll, on, dataset.event); };
  late(() => import("./tabs.js"))(share).then(() => poll.start());
}
