// The results follow what is typed: one request at a time, and the answer to the last words is what stays.
import { one } from "../kit/dom.js";

const field = one("#q");
const results = one("[data-results]");
const everywhere = one("[data-everywhere]");
let shown = field.value;
let timer = 0;
let running = null;

const query = () => new URLSearchParams(new FormData(field.form));
const count = () => one("#count", results)?.textContent ?? one("h2", results)?.textContent ?? "";

async function ask() {
  // The request that runs asks again at its end.
  if (running || field.value === shown) return;
  const wanted = field.value;
  running = new AbortController();
  let wait = 0;
  results.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(`/search/results?${query()}`, { signal: AbortSignal.any([running.signal, AbortSignal.timeout(15000)]) });
    if (response.status === 429) wait = Number(response.headers.get("Retry-After")) || 1;
    if (!response.ok) throw new Error(response.status);
    results.innerHTML = await response.text();
    one("[data-count]").textContent = count();
    history.replaceState(null, "", `/search?${query()}`);
    document.title = document.title.replace(/^(.* · )?Search/, `${wanted ? `${wanted} · ` : ""}Search`);
    if (everywhere) everywhere.href = `/search?q=${encodeURIComponent(wanted)}`;
  } catch { /* what is shown stays; the button asks without script */ }
  running = null;
  results.removeAttribute("aria-busy");
  // Too fast for the server: the same again when it takes searches.
  if (wait) {
    timer = setTimeout(ask, wait * 1000);
    return;
  }
  shown = wanted;
  if (field.value !== shown) ask();
  else follow();
}

// What the index lacks now is shown when it has it; not under the hands of somebody who is on a result or an older page.
function follow() {
  if (!one("[data-again]", results) || new URLSearchParams(location.search).has("page")) return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (results.contains(document.activeElement)) return follow();
    shown = null;
    ask();
  }, 2000);
}

field.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(ask, 200);
});

follow();
