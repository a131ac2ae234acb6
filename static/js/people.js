// Who is here: the list as the page brought it, then the joined and left rows.
import { all, clone, make, one, say, show } from "./dom.js";

const { dataset } = document.body;
const list = one(".people");
// Also those who are away and may come back.
const chairs = new Set(list.dataset.chairs.split(" "));
const collator = new Intl.Collator(undefined, { sensitivity: "base" });
const name = (item) => item.firstElementChild.textContent;

function tell() {
  say("[data-people]", `${list.children.length}`);
  show("[data-nobody]", list.children.length === 0);
}

// What stands behind a name, whether the page or the log knew it first.
function mark(item) {
  const { id } = item.dataset;
  if (!id) return;
  all("small", item).forEach((small) => small.remove());
  const marks = [chairs.has(id) && make("small", {}, "chair"), id === dataset.participant && make("small", { class: "you" }, "you")];
  item.firstElementChild.after(...marks.filter(Boolean));
}

function insert(id, nick) {
  const item = clone("person");
  item.dataset.id = id;
  item.firstElementChild.textContent = nick;
  const button = one("button", item);
  if (button) {
    button.value = id;
    button.ariaLabel = `Remove ${nick}`;
  }
  mark(item);
  list.insertBefore(item, [...list.children].find((other) => collator.compare(name(other), nick) > 0) ?? null);
}

const find = (id) => [...list.children].find((item) => item.dataset.id === id);

export function follow(row) {
  if (row.kind === "chair" || row.kind === "unchair") {
    chairs[row.kind === "chair" ? "add" : "delete"](row.from);
    markAll();
  }
  if (row.kind !== "joined" && row.kind !== "left") return;
  find(row.from)?.remove();
  if (row.kind === "joined") insert(row.from, row.nick);
  tell();
}

export function reset() {
  list.replaceChildren();
  chairs.clear();
  tell();
}

export function markAll() {
  [...list.children].forEach(mark);
}

// The transcript names all who took part, also those who left before the end.
export function remember() {
  const nicks = new Set([...list.children].map(name));
  for (const block of all("#lines [data-joined]")) {
    for (const nick of JSON.parse(block.dataset.joined)) {
      if (!nicks.has(nick)) insert("", nick);
      nicks.add(nick);
    }
  }
  all(".gone", list).forEach((item) => item.classList.remove("gone"));
  tell();
}
