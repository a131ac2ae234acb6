// The minutes beside the log: the server writes their parts once for all, and this fetches them when a row that changes them comes.
import { all, complain, make, one, say } from "../kit/dom.js";
import * as composer from "../talk/composer.js";
import * as log from "../talk/log.js";
import * as stage from "../talk/stage.js";

const { dataset } = document.body;
const amend = one("[data-amend]")?.elements;
const shown = {}; // each part as it came last: one that is the same stays, with the focus in it
let timer = 0;
let voted = one("[data-voted]").dataset.voted; // the reader's own choice: the parts for all do not have it

// Everybody hears of a row in the same moment; chance spreads those who ask.
const later = (ms) => { timer ||= setTimeout(load, ms + Math.random() * ms); };

async function load() {
  timer = 0;
  const fresh = make("div");
  try {
    const response = await fetch(`/api/v1/events/${dataset.event}/minutes.part.html`);
    if (!response.ok) throw new Error(response.status);
    fresh.innerHTML = await response.text(); // of pieces that the server has sanitized
  } catch {
    return later(3000);
  }
  const item = amend?.ts.value;
  for (const { dataset: { part }, innerHTML } of all("[data-part]", fresh)) {
    if (shown[part] === innerHTML) continue;
    shown[part] = innerHTML;
    for (const place of all(`[data-part=${part}]`)) place.innerHTML = innerHTML;
  }
  const { takenBack, edited } = one("[data-outcomes]", fresh).dataset;
  showOutcomes(takenBack.split(" "), edited.split(" "));
  if (item) amend.ts.value = item;
  one("[data-jump]").hidden = !one("[data-part=topics] a");
  stage.rename(one("[data-part=title]", fresh).textContent);
  press();
  count();
}

// Adds to the label of each noted row what became of its item: undone or struck, or edited. `takenBack` and `edited` are lists of `ts`.
function showOutcomes(takenBack, edited) {
  log.keepPlace(() => {
    for (const line of all("#lines .line:has(.mark), #lines .topic .line")) {
      const label = one(".mark > b, .nick", line);
      const words = one(".mark > bdi, h3 > bdi", line);
      const ts = line.id.slice(1);
      const isTakenBack = takenBack.includes(ts);
      const struck = one("s", words);
      if (struck && !isTakenBack) struck.replaceWith(...struck.childNodes);
      if (!struck && isTakenBack) words.replaceChildren(make("s", {}, ...words.childNodes));
      label.textContent = label.textContent.split(",")[0] + (isTakenBack ? ", taken back" : edited.includes(ts) ? ", edited" : "");
    }
  });
}

// Which button of the ballot is the reader's.
function press() {
  let own = "";
  for (const button of all(".ballot [aria-pressed]")) {
    const isOwn = button.value.slice(6).toLowerCase() === voted.toLowerCase();
    button.ariaPressed = `${isOwn}`;
    if (isOwn) own = `You voted “${button.textContent}”. Another button changes that.`;
  }
  say("[data-voted]", own);
}

// Nobody hears of others' votes in a secret vote: how many they are is asked now and then.
let counting = 0;
function count() {
  clearTimeout(counting);
  if (one("[data-secret]")) counting = setTimeout(later, 6000 * (1 + Math.random()), 0);
}
count();

export function follow(rows) {
  for (const { tag, from, text } of rows) {
    if (tag === "startvote" || tag === "motion") voted = "";
    if (tag === "vote" && from === dataset.participant) voted = text.replace(/^#\w+\s*/, "");
  }
  press();
  if (rows.some(({ tag, kind }) => tag || ["redacted", "rescheduled", "closed"].includes(kind))) later(200);
}

// A button's words are said as if they were typed.
document.addEventListener("submit", (event) => {
  const { target: { dataset: { says } }, submitter } = event;
  if (says === undefined || dataset.phase !== "open") return;
  event.preventDefault();
  if (says === "vote") return composer.post(submitter.value);
  const edit = submitter.value === "edit";
  const words = amend.text.value.trim();
  complain("item-text", edit && !words ? "Type the new words of the item." : "");
  if (edit && !words) return amend.text.focus();
  composer.post(`#${submitter.value} ${amend.ts.value}${edit ? ` ${words}` : ""}`, ({ hint }) => { if (!hint) amend.ts.value = amend.text.value = ""; });
});
amend?.ts.addEventListener("change", () => {
  amend.text.value = amend.ts.selectedOptions[0].dataset.text;
  complain("item-text", "");
});

// Who may give a command can press it in the help sheet.
function able() {
  for (const button of all(".commands button")) button.disabled = !dataset.participant || (button.dataset.chairs === "" && !dataset.runs);
}
new MutationObserver(able).observe(document.body, { attributeFilter: ["data-participant", "data-runs"] });
able();

// The help sheet, in the pane.
export function help() {
  one("[aria-controls=p-minutes]").click();
  const sheet = one("#commands");
  sheet.open = true;
  location.hash = "commands";
  one("summary", sheet).focus();
}
document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-sheet]")) help();
  const { command, now } = target.closest("[data-command]")?.dataset ?? {};
  if (command) {
    target.closest("details.menu")?.removeAttribute("open");
    if (now === undefined) composer.begin(command);
    else composer.give(command);
  }
  // A line that is older than what the page has: the whole log has it.
  const link = target.closest(".minutes .at");
  if (link && dataset.phase === "open" && !one(link.hash)) link.search = `all=1&at=${link.hash.slice(2)}`;
});
