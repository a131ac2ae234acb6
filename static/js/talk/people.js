// Who is here: the list as the page brought it, then the joined and left rows.
import { all, clone, make, one, say, show } from "../kit/dom.js";

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
  all("small:not(.num)", item).forEach((small) => small.remove());
  const chair = chairs.has(id);
  const marks = [chair && make("small", { class: "chair" }, "chair"), id === dataset.participant && make("small", { class: "you" }, "you")];
  item.firstElementChild.after(...marks.filter(Boolean));
  if (!dataset.runs) return;
  let seat = one(".seat", item);
  if (!seat) {
    seat = clone("seat");
    seat.value = id;
    seat.ariaLabel = `Chair: ${name(item)}`;
    item.insertBefore(seat, one("button", item));
  }
  seat.name = chair ? "unseat" : "seat";
  seat.ariaPressed = `${chair}`;
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

// The server's list of all who took part, as it stands behind the close.
export function replace(html) {
  list.innerHTML = html;
  markAll();
  tell();
}
