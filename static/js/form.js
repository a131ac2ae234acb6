// The meeting form: the browser's time zone, the weekday in words, the next dates while one types.
import { all, one } from "./dom.js";
import { mine } from "./clock.js";

const form = one("[data-meeting]");
const preview = one("[data-preview]");
const date = one("#date");
const zone = one("#timezone");
if (!zone.value) zone.value = mine;

function weekday() {
  const day = new Date(`${date.value}T12:00:00Z`);
  const name = Number.isNaN(day.getTime()) ? "that weekday" : day.toLocaleDateString("en-US", { weekday: "long", timeZone: "UTC" });
  all("[data-weekday]").forEach((element) => { element.textContent = name; });
}

let timer = 0;
let running = null;
async function ask() {
  running?.abort();
  running = new AbortController();
  try {
    const response = await fetch("/schedule/preview", { method: "POST", body: new URLSearchParams(new FormData(form)), signal: running.signal });
    if (response.ok) preview.innerHTML = await response.text();
  } catch { /* the dates shown are the last that came */ }
}
form.addEventListener("input", () => {
  weekday();
  clearTimeout(timer);
  timer = setTimeout(ask, 400);
});
weekday();
