// What earlier events left to do: fetched again when a row says that it changed, and decided on without leaving the page.
import { one, say, show, wait } from "../kit/dom.js";

const TOLD = ["done", "carry", "drop", "undo", "strike", "edit"];
const area = () => one("#left");

function put(html) {
  const fresh = one("#left", new DOMParser().parseFromString(html, "text/html"));
  if (!fresh) return false;
  // Who pressed a button goes on at the same action, or at the next one.
  const { name, value } = area().contains(document.activeElement) ? document.activeElement : {};
  const more = one("details[open]", area());
  area().replaceWith(fresh);
  say("[data-due] .num", fresh.dataset.open);
  show("[data-due]", fresh.dataset.open !== "0");
  if (more) one("details", fresh)?.setAttribute("open", "");
  if (value) (one(`[name="${name}"][value="${value}"], [value="${value}"]`, fresh) ?? one("h2", fresh)).focus();
  return true;
}

let due = false;
export async function refresh() {
  if (due) return;
  due = true;
  await wait(Math.random() / 2); // chance spreads those who read
  due = false;
  const response = await fetch(area().dataset.url).catch(() => null);
  if (response?.ok) put(await response.text());
  else if (!response || response.status >= 500) setTimeout(refresh, 5000);
}

export function follow(rows) {
  if (rows.some(({ tag, kind }) => TOLD.includes(tag) || kind === "redacted")) refresh();
}

document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (!form.closest("#left")) return;
  event.preventDefault();
  const response = await fetch(`${form.action}?part`, { method: "POST", body: new URLSearchParams(new FormData(form, submitter)) }).catch(() => null);
  if (response && put(await response.text())) return;
  const refusal = one("#left [data-refusal]");
  refusal.textContent = area().dataset.failed;
  refusal.hidden = false;
});
