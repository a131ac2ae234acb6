// A transcript's lines as something to point at: a click on a time marks its line, a click with Shift all lines up to it. The address says which.
import { all, one } from "../kit/dom.js";

const lines = one("#lines");
const bar = one("[data-picked]");
const rows = () => all("[id^=t]", lines).map((row) => [Number(row.id.slice(1)), row]);
const other = (way) => one(`.pages > [rel=${way}]`); // the page before this one, or behind it
const asked = new URLSearchParams(location.search).get("at");
let anchor = null;

// What is marked by the address: #t1, or #t1-t9; null where that is something else.
function picked() {
  const found = /^#t(\d+)(?:-t(\d+))?$/.exec(location.hash);
  if (!found) return null;
  const ends = [Number(found[1]), Number(found[2] ?? found[1])];
  return ends.sort((one, other) => one - other);
}

function told(marked, [from, to], here) {
  if (from === to) return "1 line marked. Shift and click on another time to mark all up to there.";
  const count = marked === 1 ? "1 line" : `${marked} lines`;
  const beyond = [other("prev") && from < here[0][0] && "begins on an earlier one", other("next") && to > here.at(-1)[0] && "goes on to a later one"].filter(Boolean);
  return beyond.length ? `${count} marked on this page; the range ${beyond.join(" and ")}.` : `${count} marked.`;
}

// `block` is where the first one is to stand in the window.
function mark(block) {
  const ends = picked();
  const here = rows();
  here.forEach(([, row]) => row.classList.remove("picked"));
  bar.hidden = true;
  anchor = ends && ends[0];
  const [from, to] = ends ?? [];
  // Of joins and leaves that are drawn as one, only the first has a place of its own.
  const start = here.findLast(([ts]) => ts <= from)?.[0] ?? 0;
  const within = here.filter(([ts]) => ts >= start && ts <= to);
  const elsewhere = ends && one(".pages") && asked !== `${from}` && !here.some(([ts]) => ts === from);
  if (elsewhere) return location.replace(`${location.pathname}?at=${from}${location.hash}`);
  if (within.length > 0) {
    within.forEach(([, row]) => row.classList.add("picked"));
    one("span", bar).textContent = told(within.length, ends, here);
    one("[data-copy]", bar).dataset.copy = `${location.origin}${location.pathname}${one(".pages") ? `?at=${from}` : ""}${location.hash}`;
    bar.hidden = false;
  }
  // The bar lies over the top of the window: what is scrolled to stays clear of it.
  document.documentElement.style.setProperty("--bar", `${bar.offsetHeight}px`);
  if (block && within.length > 0) within[0][1].scrollIntoView({ block });
}

lines.addEventListener("click", (event) => {
  const link = event.target.closest(".at");
  if (!link || !event.shiftKey || anchor === null) return;
  event.preventDefault();
  getSelection().removeAllRanges();
  const ends = [anchor, Number(link.hash.slice(2))].sort((one, other) => one - other);
  const first = anchor;
  history.replaceState(null, "", ends[0] === ends[1] ? `#t${ends[0]}` : `#t${ends[0]}-t${ends[1]}`);
  mark();
  anchor = first; // the next one is measured from the same line
});
one("[data-unpick]").addEventListener("click", () => {
  history.replaceState(null, "", location.pathname + location.search);
  mark();
});
addEventListener("hashchange", () => mark("nearest"));
// On paper an address stands behind the words that lead there, but not behind itself.
addEventListener("beforeprint", () => {
  for (const link of all(".said a[href]", lines)) link.classList.toggle("bare", link.textContent === link.getAttribute("href"));
});
// Who asks for a line's page alone means the line.
if (asked && !location.hash) history.replaceState(null, "", `#t${asked}`);
mark("center");
