// A transcript's lines as something to point at: a click on a time marks its line, a click with Shift all lines up to it. The address says which.
import { all, one } from "./dom.js";

const lines = one("#lines");
const bar = one("[data-picked]");
const rows = () => all("[id^=t]", lines).map((row) => [Number(row.id.slice(1)), row]);
let anchor = null;

// What is marked by the address: #t1, or #t1-t9; null where that is something else.
function picked() {
  const found = /^#t(\d+)(?:-t(\d+))?$/.exec(location.hash);
  if (!found) return null;
  const ends = [Number(found[1]), Number(found[2] ?? found[1])];
  return ends.sort((one, other) => one - other);
}

function mark(jump) {
  const ends = picked();
  const here = rows();
  here.forEach(([, row]) => row.classList.remove("picked"));
  bar.hidden = true;
  anchor = ends && ends[0];
  if (!ends) return;
  const [from, to] = ends;
  // Of joins and leaves that are drawn as one, only the first has a place of its own.
  const start = here.findLast(([ts]) => ts <= from)?.[0] ?? 0;
  const within = here.filter(([ts]) => ts >= start && ts <= to);
  const pages = one(".pages");
  const elsewhere = pages && new URLSearchParams(location.search).get("at") !== `${from}` && !here.some(([ts]) => ts === from);
  if (elsewhere) return location.replace(`${location.pathname}?at=${from}${location.hash}`);
  if (within.length === 0) return;
  within.forEach(([, row]) => row.classList.add("picked"));
  one("span", bar).textContent = within.length === 1 ? "1 line marked. Shift and click on another time to mark all up to there." : `${within.length} lines marked.`;
  one("[data-copy]", bar).dataset.copy = `${location.origin}${location.pathname}${pages ? `?at=${from}` : ""}${location.hash}`;
  bar.hidden = false;
  if (jump) within[0][1].scrollIntoView({ block: "center" });
}

lines.addEventListener("click", (event) => {
  const link = event.target.closest(".at");
  if (!link || !event.shiftKey || anchor === null) return;
  event.preventDefault();
  getSelection().removeAllRanges();
  const ends = [anchor, Number(link.hash.slice(2))].sort((one, other) => one - other);
  const first = anchor;
  history.replaceState(null, "", ends[0] === ends[1] ? `#t${ends[0]}` : `#t${ends[0]}-t${ends[1]}`);
  mark(false);
  anchor = first; // the next one is measured from the same line
});
one("[data-unpick]").addEventListener("click", () => {
  history.replaceState(null, "", location.pathname + location.search);
  mark(false);
});
addEventListener("hashchange", () => mark(false));
mark(true);
