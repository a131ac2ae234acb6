// What is copied from the log: one line per message, `20:13 <ada> text`, as in a plain transcript. A selection within one message stays
// as it is.
import { all, make, one, words } from "../kit/dom.js";

const log = one(".log");
const lines = one("#lines");
const commands = new Map(Object.entries(JSON.parse(words.labels)).map(([tag, label]) => [label, tag]));

// The part of a range that lies within an element; null if there is none.
function within(range, element) {
  if (!range.intersectsNode(element)) return null;
  const part = document.createRange();
  part.selectNodeContents(element);
  if (part.compareBoundaryPoints(Range.START_TO_START, range) < 0) part.setStart(range.startContainer, range.startOffset);
  if (part.compareBoundaryPoints(Range.END_TO_END, range) > 0) part.setEnd(range.endContainer, range.endOffset);
  return part;
}

// A message's words in one line, as they were typed where that can be known.
function plain(fragment) {
  const copy = make("div", {}, fragment.cloneNode(true));
  all("br", copy).forEach((br) => br.replaceWith("\n"));
  all("p, pre, li", copy).forEach((block) => {
    block.before("\n");
    block.append("\n");
  });
  return copy.textContent.replace(/\s*\n\s*/g, " ").trim();
}

// What comes before a message's words: who says them, and the command that they were typed with.
function head(row, said) {
  const time = one("time", row).textContent;
  if (!row.matches(".line")) return `${time} * `;
  const run = row.closest(".run");
  const nick = run.dataset.nick ?? one(".nick", run)?.textContent;
  if (row.matches(".me")) return `${time} * `;
  const label = run.matches(".topic") ? one(".nick", row) : one(".mark > b:first-child", said);
  const tag = commands.get(label?.textContent.replace(/, (taken back|edited)$/, ""));
  const named = one("[data-row]", said)?.dataset.row;
  return `${time} <${nick}> ${tag ? `#${tag} ` : ""}${named ? `${named} ` : ""}`;
}

// The row as text and as HTML; null where nothing of its words is selected.
function line(range, row) {
  const said = one(".said", row) ?? row.lastElementChild;
  const part = within(range, said);
  const fragment = part?.cloneContents();
  if (!fragment?.textContent.trim()) return null;
  const start = head(row, said);
  // The command's label gives way to the command.
  if (start.includes("> #") && !row.closest(".topic")) one(".mark > b:first-child", fragment)?.remove() ?? one("b:first-child", fragment)?.remove();
  for (const element of all("[id], [class]", fragment)) ["id", "class"].forEach((name) => element.removeAttribute(name));
  const text = (start + plain(fragment)).trimEnd();
  const html = make("p", {}, start);
  for (const child of [...fragment.childNodes]) html.append(...(["P", "DIV"].includes(child.nodeName) ? child.childNodes : [child]));
  return { text, html: html.outerHTML };
}

// The text of what is selected outside the log, as the browser writes it.
function outside(selection, range, isBefore) {
  const part = range.cloneRange();
  if (isBefore) part.setEndBefore(log);
  else part.setStartAfter(log);
  if (part.collapsed) return "";
  selection.removeAllRanges();
  selection.addRange(part);
  const text = selection.toString().trim();
  selection.removeAllRanges();
  selection.addRange(range);
  return text;
}

document.addEventListener("copy", (event) => {
  const selection = getSelection();
  if (event.target.closest?.("input, textarea") || selection.isCollapsed || selection.rangeCount !== 1) return;
  const range = selection.getRangeAt(0);
  const common = range.commonAncestorContainer;
  const parent = common.nodeType === Node.ELEMENT_NODE ? common : common.parentElement;
  if (!range.intersectsNode(lines) || parent.closest(".said, .at, .nick, .event > :last-child")) return;
  const rows = all("[id^=t]", lines).filter((row) => range.intersectsNode(row)).map((row) => line(range, row)).filter(Boolean);
  if (rows.length === 0) return;
  const [before, after] = log.contains(common) ? ["", ""] : [outside(selection, range, true), outside(selection, range, false)];
  const paragraph = (text) => (text ? [make("p", {}, text).outerHTML] : []);
  event.clipboardData.setData("text/plain", [before, ...rows.map(({ text }) => text), after].filter(Boolean).join("\n"));
  event.clipboardData.setData("text/html", [...paragraph(before), ...rows.map(({ html }) => html), ...paragraph(after)].join("\n"));
  event.preventDefault();
});
