// The event is over, or called off before somebody's eyes: what the server says of it then comes, and what is read stays where it is. What
// was being written is kept.
import { all, clone, make, one, say, wait, words } from "../kit/dom.js";
import * as drafts from "../talk/drafts.js";
import * as outbox from "../talk/outbox.js";
import * as people from "../talk/people.js";
import { hold } from "../kit/place.js";
import { style } from "../kit/style_sheet.js";

// A fragment of the page's; null where there is none.
async function part(name) {
  // All hear of it in the same moment; chance spreads those who ask.
  for (let pause = Math.random() / 4; ; pause = 1 + Math.random() * 4) {
    await wait(pause);
    const response = await fetch(`${location.pathname}/${name}`).catch(() => null);
    if (response?.ok) return make("div", {}, document.createRange().createContextualFragment(await response.text()));
    if (response?.status === 404) return null;
  }
}

function put(fresh) {
  if (!fresh) return;
  for (const { dataset: { late }, childNodes, innerHTML } of all("[data-late]", fresh)) {
    if (late === "people") people.replace(innerHTML);
    else one(`[data-late=${late}]`).replaceChildren(...childNodes);
  }
}

// Which event is the next one may have changed since the page was loaded.
export const around = async () => put(await part("around"));

// What was typed and not sent, until its writer lets it go.
async function unsent() {
  const box = one("#text");
  const text = (box.value || await drafts.find()).trim();
  drafts.keep(text);
  drafts.close();
  if (!text) return;
  const kept = clone("unsent");
  one("p", kept).textContent = text;
  const [copy, discard] = all("button", kept);
  copy.dataset.copy = text;
  discard.addEventListener("click", () => {
    box.value = "";
    drafts.discard();
    kept.remove();
    one("#lines").focus({ preventScroll: true });
  });
  one("main").after(kept);
}

// The summary, and what each one's part was, are the same for everybody; a page of an event that was over has them.
export async function close() {
  unsent();
  outbox.close();
  if (!one("[data-late=summary]")) return;
  const fresh = await Promise.all([part("closing"), part("around"), style("transcript")]);
  const back = hold();
  fresh.slice(0, 2).forEach(put);
  back();
  say("[data-announced]", words.closed);
  import("./transcript.js");
}
