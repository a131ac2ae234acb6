// New messages for screen readers: each one once, with its author, in a region that is heard and not seen. The visible log is not live:
// there the author is written once for several messages.
import { make, one, words } from "../kit/dom.js";

const region = one("[data-heard]");
const labels = JSON.parse(words.labels);
const MOST = 20; // more at once are only counted
const STAYS = 10_000; // milliseconds: then they are only in the log

function say(text) {
  const line = make("p", { dir: "auto" }, text);
  region.append(line);
  setTimeout(() => line.remove(), STAYS);
}

function plain(html) {
  const { body } = new DOMParser().parseFromString(html.replaceAll("<br>", " "), "text/html");
  return body.textContent.trim();
}

function told(row) {
  if (row.kind === "emote") return `${row.nick} ${plain(row.html)}`;
  if (row.kind !== "said") return row.text;
  const label = labels[row.tag];
  const text = plain(label ? row.html.replace(/^#[a-z]+(\s|<br>)*/i, "") : row.html);
  return label ? `${row.nick}, ${label}: ${text}` : `${row.nick}: ${text}`;
}

export function follow(rows) {
  if (document.hidden) return;
  const fresh = rows.filter((row) => row.kind !== "redacted" && row.text);
  if (fresh.length > MOST) return say(`${fresh.length} new messages`);
  fresh.forEach((row) => say(told(row)));
}
