// Who is here: the list as the page brought it, then the joined and left rows.
import { all, clone, make, one, say, show } from "./dom.js";

const { dataset } = document.body;
const list = one(".people");
const collator = new Intl.Collator(undefined, { sensitivity: "base" });
const name = (item) => item.firstElementChild.textContent;

function tell() {
  say("[data-people]", `${list.children.length}`);
  show("[data-nobody]", list.children.length === 0);
}

function mark(item) {
  if (item?.dataset.id && item.dataset.id === dataset.participant) item.firstElementChild.after(make("small", {}, "you"));
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
  if (row.kind !== "joined" && row.kind !== "left") return;
  find(row.from)?.remove();
  if (row.kind === "joined") insert(row.from, row.nick);
  tell();
}

export function reset() {
  list.replaceChildren();
  tell();
}

// You are marked, whether the page or the log knew you first.
export function markSelf() {
  all("small", list).forEach((mark) => mark.remove());
  mark(find(dataset.participant));
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
