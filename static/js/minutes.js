// The minutes beside the log: the server writes their parts once for all, and this fetches them when a row that changes them comes.
import { all, make, one } from "./dom.js";
import * as composer from "./composer.js";

const { dataset } = document.body;
const amend = one("[data-amend]")?.elements;
let timer = 0;

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
    for (const place of all(`[data-part=${part}]`)) place.innerHTML = innerHTML;
  }
  if (item) amend.ts.value = item;
}

export function follow(rows) {
  if (rows.some(({ tag, kind }) => tag || kind === "redacted" || kind === "closed")) later(200);
}

// A button's words are said as if they were typed.
document.addEventListener("submit", (event) => {
  const { target: { dataset: { says } }, submitter } = event;
  if (says === undefined || dataset.phase !== "open") return;
  event.preventDefault();
  if (says === "vote") return composer.post(submitter.value);
  composer.post(`#${submitter.value} ${amend.ts.value}${submitter.value === "edit" ? ` ${amend.text.value}` : ""}`);
});
amend?.ts.addEventListener("change", () => { amend.text.value = amend.ts.selectedOptions[0].dataset.text; });

// The help sheet, in the pane.
export function help() {
  one("[aria-controls=p-minutes]").click();
  const sheet = one("#commands");
  sheet.open = true;
  location.hash = "commands";
  one("summary", sheet).focus();
}
document.addEventListener("click", ({ target }) => {
  const { command } = target.closest("[data-command]")?.dataset ?? {};
  if (command === "help") help();
  else if (command) composer.begin(command);
  // A line that is older than what the page has: the whole log has it.
  const link = target.closest(".minutes .at");
  if (link && !one(link.hash)) link.search = "all=1";
});
