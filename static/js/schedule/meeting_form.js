// The meeting form: the browser's time zone, the day of the first event as a start for the choices, the next dates while one types.
import { all, one } from "../kit/dom.js";
import { elsewhere, mine } from "../kit/clock.js";

const form = one("[data-meeting]");
const preview = one("[data-preview]");
const { date, timezone, day, nth, weekday } = form.elements;
if (!timezone.value) timezone.value = mine;

// The server gives the dates in UTC; here the reader's own clock is known.
function localize() {
  // Beside the button that saves, however far below it the dates may be.
  one("[data-told]").textContent = all(".effects > p > b", preview).map(({ textContent }) => textContent).join(" · ");
  for (const element of all(".yours", preview)) {
    const { opens, closes, zone } = element.dataset;
    const said = elsewhere(Number(opens), Number(closes), zone);
    element.textContent = said ? `For you ${said}` : "";
  }
}

function follow() {
  const first = date.valueAsDate;
  if (!first) return;
  day.value = first.getUTCDate();
  nth.value = Math.ceil(first.getUTCDate() / 7);
  weekday.selectedIndex = (first.getUTCDay() + 6) % 7;
}

let timer = 0;
let running = null;
async function ask() {
  running?.abort();
  running = new AbortController();
  try {
    const response = await fetch("/schedule/preview", { method: "POST", body: new URLSearchParams(new FormData(form)), signal: running.signal });
    if (!response.ok) return;
    preview.innerHTML = await response.text();
    localize();
  } catch { /* the dates shown are the last that came */ }
}
form.addEventListener("input", ({ target }) => {
  if (target === date && form.elements.monthly.value === "date") follow();
  clearTimeout(timer);
  timer = setTimeout(ask, 400);
});
localize();
