// A room by keyboard. Joining and writing have the focus; the log's times are one tab stop together, and the arrow keys go from one to the next.
import { all, one } from "../kit/dom.js";
import * as stage from "./stage.js";

const { dataset } = document.body;
const log = one(".log");
const times = () => all("#lines .at", log);

// Not on touch screens: their keyboard would cover the log.
function focusBox() {
  if (document.activeElement === document.body && !location.hash && !matchMedia("(pointer: coarse)").matches) one(dataset.participant ? "#text" : "#nick").focus();
}
if (dataset.phase === "open") focusBox();
stage.onPhase((next) => { if (next === "open") focusBox(); });

// Makes `link` the one that Tab reaches.
function reach(link) {
  for (const other of all("#lines .at[tabindex='0']", log)) other.tabIndex = -1;
  if (link) link.tabIndex = 0;
}

log.addEventListener("focusin", ({ target }) => {
  if (target === log) reach(times().at(-1));
});
log.addEventListener("keydown", (event) => {
  const here = event.target.closest("#lines .at");
  if (!here || event.ctrlKey || event.metaKey || event.altKey) return;
  const links = times();
  const next = { ArrowUp: links[links.indexOf(here) - 1], ArrowDown: links[links.indexOf(here) + 1], Home: links[0], End: links.at(-1) }[event.key];
  if (!next) return;
  event.preventDefault();
  reach(next);
  next.focus();
});
