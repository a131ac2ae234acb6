// On every page: menus that close, questions before final acts, links to copy, the reader's own time.
import { all, clone, one } from "./dom.js";
import * as clock from "./clock.js";

document.addEventListener("click", async ({ target }) => {
  const open = target.closest("details.menu");
  all("details.menu[open]").forEach((menu) => { if (menu !== open) menu.open = false; });
  const copier = target.closest("[data-copy]");
  if (!copier) return;
  const before = [...copier.childNodes];
  try {
    await navigator.clipboard.writeText(copier.dataset.copy);
    copier.textContent = "Copied";
    setTimeout(() => copier.replaceChildren(...before), 1500);
  } catch {
    window.prompt("Copy this link:", copier.dataset.copy); // the clipboard is closed on plain http
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = one("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  one("summary", menu).focus();
});

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (!form.dataset.ask || form.dataset.sure) return;
  event.preventDefault();
  const dialog = clone("question");
  one("h2", dialog).textContent = form.dataset.ask;
  one("button", dialog).textContent = submitter.textContent;
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (dialog.returnValue !== "yes") return submitter.focus();
    form.dataset.sure = "yes";
    form.requestSubmit(submitter);
  });
  document.body.append(dialog);
  dialog.showModal();
});

// The stated time carries its date and clock (2026-11-24T18:00…): where the reader's are the same, there is nothing to add.
for (const element of all(".local")) {
  const row = element.closest("li, .now");
  const stated = one("time", row).dateTime;
  const [opens, closes] = [element.dataset.opens, element.dataset.closes].map(Number);
  const own = new Date(opens / 1000);
  const day = new Date(own - own.getTimezoneOffset() * 60_000).toISOString().slice(0, 10) === stated.slice(0, 10) ? "" : `${clock.date(opens, clock.mine)}, `;
  const time = clock.time(opens, clock.mine);
  if (!day && time === stated.slice(11, 16)) continue;
  element.textContent = `${row.matches("li") ? "· " : ""}${day}${time}–${clock.time(closes, clock.mine)} for you, in ${clock.city(clock.mine)}`;
}

function count() {
  for (const element of all("[data-closes-in]")) {
    const left = Number(element.dataset.closesIn) - clock.now();
    element.textContent = left > 0 ? `closes in ${clock.length(left, left < 36e8 ? 1 : 2)}, at` : "closed at";
  }
  for (const element of all("[data-opens-in]")) {
    const left = Number(element.dataset.opensIn) - clock.now();
    element.textContent = left > 0 ? `opens in ${clock.length(left, 2)}` : "opens now";
  }
}
if (one("[data-closes-in], [data-opens-in]")) {
  count();
  setInterval(count, 1000);
}

one("[data-focus]")?.focus();
