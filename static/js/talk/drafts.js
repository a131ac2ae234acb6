// What is being written, kept for a reload by this tab and for a closed tab by the browser. Each tab has a place of its own, so that
// two tabs of one room do not overwrite each other; the draft of a tab that is gone is taken up by the next one.
import { kept, random, session, wait } from "../kit/dom.js";

const { event } = document.body.dataset;
const prefix = `draft-${event}`;
const own = `${prefix}-${random(4)}`;
const MONTH = 30 * 86_400_000;
const GRACE = 0.3; // seconds in which the tabs that are open name their places
let draft = "";
let found = null;
let over = false;

const tabs = window.BroadcastChannel && new BroadcastChannel(`gavel-${prefix}`);
let taken = new Set();
tabs?.addEventListener("message", ({ data }) => {
  if (data.place) taken.add(data.place);
  else tabs.postMessage({ place: own });
});

export function keep(text) {
  draft = text;
  save();
}
function save() {
  session.set(prefix, draft && { text: draft, place: own });
  if (!over) kept.set(own, draft && { text: draft, at: Date.now() });
}
// A tab that was copied from this one took our place.
addEventListener("pagehide", save);

// The draft that this tab had before a reload, or the newest one that a closed tab left behind; "" if there is none.
export const find = () => found ??= look();
async function look() {
  const last = session.get(prefix);
  if (last?.text) {
    kept.set(last.place, null);
    return last.text;
  }
  if (kept.keys(prefix).length === 0) return "";
  taken = new Set([own]);
  tabs?.postMessage({ who: true });
  await wait(GRACE);
  const left = kept.keys(prefix).filter((key) => !taken.has(key)).map((key) => ({ key, ...kept.get(key) })).filter(({ text }) => text);
  const newest = left.sort((one, other) => other.at - one.at)[0];
  if (!newest || draft) return "";
  kept.set(newest.key, null);
  return newest.text;
}

// The event is over: nothing of it stays in the browser but this tab's own, until its writer lets it go.
export function close() {
  over = true;
  save();
  kept.keys(prefix).forEach((key) => kept.set(key, null));
}
export function discard() {
  draft = "";
  session.set(prefix, null);
}

// Events whose close nobody saw.
for (const key of [...kept.keys("draft-"), ...kept.keys("out-")]) {
  const value = kept.get(key);
  const at = Array.isArray(value) ? Math.max(...value.map((it) => it.at)) : value?.at;
  if (!(Date.now() - at < MONTH)) kept.set(key, null);
}
