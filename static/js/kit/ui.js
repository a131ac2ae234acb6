// On every page: menus that close, questions before final acts, links to copy, the reader's own time.
import { all, clone, one } from "./dom.js";
import * as clock from "./clock.js";

// Lists of events are by the days of the reader's zone, which no header says. Session cookies suffice: every page writes it anew.
if (clock.mine) document.cookie = `zone=${clock.mine}; path=/; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;

document.addEventListener("click", async ({ target }) => {
  const open = target.closest("details.menu");
  all("details.menu[open]").forEach((menu) => { if (menu !== open) menu.open = false; });
  const copier = target.closest("[data-copy]");
  if (!copier) return;
  // Where the server does not know its host, the browser does.
  const text = copier.dataset.copy.replace(/^(?=\/[^/])/, location.origin);
  const before = [...copier.childNodes];
  try {
    await navigator.clipboard.writeText(text);
    copier.textContent = "Copied";
    setTimeout(() => copier.replaceChildren(...before), 1500);
  } catch {
    window.prompt("Copy this:", text); // the clipboard is closed on plain http
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = one("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  one("summary", menu).focus();
});

// Whether somebody means it.
export const ask = (question, label) => new Promise((answer) => {
  const dialog = clone("question");
  one("h2", dialog).textContent = question;
  one("button", dialog).textContent = label;
  dialog.addEventListener("close", () => {
    dialog.remove();
    answer(dialog.returnValue === "yes");
  });
  document.body.append(dialog);
  dialog.showModal();
});
document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (!form.dataset.ask || form.dataset.sure) return;
  event.preventDefault();
  if (!await ask(form.dataset.ask, submitter.textContent)) return submitter.focus();
  form.dataset.sure = "yes";
  form.requestSubmit(submitter);
});

for (const element of all(".local")) {
  const { opens, closes, zone } = element.dataset;
  element.textContent = clock.elsewhere(Number(opens), Number(closes), zone);
  element.parentElement.hidden = !element.textContent;
}

// Times near now are also shown in words, such as "in 5 minutes".
const nearby = all("[data-near]");
export function showNearTimes() {
  for (const element of nearby) {
    element.textContent = clock.near(Number(element.dataset.near), element.dataset.past !== undefined);
    element.parentElement.hidden = !element.textContent;
  }
}
showNearTimes();
if (nearby.length > 0) setInterval(showNearTimes, 15_000);
document.addEventListener("visibilitychange", showNearTimes);

const timers = all("[data-closes-in], [data-opens-in]");
function count() {
  for (const element of timers) {
    const { closesIn, opensIn } = element.dataset;
    const left = Number(closesIn ?? opensIn) - clock.now();
    if (closesIn) element.textContent = left > 0 ? `closes in ${clock.length(left, left < 36e8 ? 1 : 2)}, at` : "closed at";
    else element.textContent = left > 0 ? `opens in ${clock.length(left, 2)}` : "opens now";
  }
}
count();
if (timers.length > 0) setInterval(count, 1000);

one("[data-focus]")?.focus();
