// What you write: the box, its draft, and what Enter does. Messages on their way are the outbox's.
import { complain, late, one } from "../kit/dom.js";
import { ask } from "../kit/ui.js";

const { dataset } = document.body;
const form = one("[data-say]");
const box = one("#text");
const LIMIT = 4000;
const drafts = late(() => import("./drafts.js"));
const outbox = late(() => import("./outbox.js"));
let settling = () => {}; // the outbox's, once that is there
let onHelp = () => {};
let asked = ""; // what the server did not take for a message: sent as it is the second time

// The server's row came: its pending line goes in the same moment.
export const settle = (row) => { if (row.nonce) settling(row); };

// The network may be back.
export const resend = () => outbox((it) => it.kick());

const keepDraft = () => drafts((it) => it.keep(box.value));

function grow() {
  if (CSS.supports("field-sizing", "content")) return;
  box.rows = Math.min(8, box.value.split("\n").length + Math.floor(box.value.length / 90));
}

async function submit() {
  // The first line keeps its indentation.
  const text = box.value.replaceAll("\r\n", "\n").trimEnd().replace(/^\s*\n/, "");
  if (!text) return;
  const over = [...text].length - LIMIT;
  if (over > 0) return complain("text", `Your message is ${over.toLocaleString("en")} ${over === 1 ? "character" : "characters"} too long. Shorten it or send it in parts.`);
  complain("text", "");
  if (!await isMeant(text)) return box.focus();
  box.value = "";
  keepDraft();
  grow();
  if (text.trim().toLowerCase() === "/help") onHelp();
  else if (await post(text, null, text !== asked) === null) {
    // Its module did not load: the form posts as it is.
    box.value = text;
    form.submit();
  }
}

const isMeant = async (text) => !dataset.runs || !/^\s*#endmeeting$/i.test(text) || ask("Close this room for everybody, for good?", "Close the room");

// Gives a command that stands alone, by a button.
export async function give(word) {
  if (await isMeant(`#${word}`)) post(`#${word}`);
}

// Says something that was not typed, such as a button's command; `done` gets the answer once it is written.
export const post = (text, done, isTyped = false) => outbox((it) => it.post(text, done, isTyped));

// Begins a message with a command, before what is typed already.
export const begin = (word) => fill(`#${word} ${box.value.replace(/^#\w+\s*/, "")}`);
function fill(text) {
  box.value = text;
  keepDraft();
  grow();
  box.focus();
}
// A message that was not sent, to be corrected; what is being written meanwhile stays after it.
export const reopen = (text) => fill([asked = text, box.value].filter(Boolean).join("\n"));

// `removed`: the server says that we are not in the room; `doubted`: it does not answer.
export function start(removed, doubted, help) {
  onHelp = help;
  drafts(async (it) => {
    if (!box.value) {
      const draft = await it.find();
      box.value ||= draft;
    }
    it.keep(box.value);
    grow();
  });
  grow();
  box.addEventListener("input", () => { keepDraft(); grow(); complain("text", ""); });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    submit();
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); submit(); box.focus(); });
  outbox((it) => {
    settling = it.settle;
    it.start(removed, doubted);
  });
}
