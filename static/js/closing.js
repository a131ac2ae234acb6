// The event has closed, or is called off, before somebody's eyes: what the server says of it then comes, and what is read stays where it is.
import { all, make, one, say, wait, words } from "./dom.js";
import * as people from "./people.js";
import { hold } from "./place.js";
import { style } from "./sheet.js";

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

// The same for everybody: the summary, and what each one's part was.
export async function close() {
  const fresh = await Promise.all([part("closing"), part("around"), style("transcript")]);
  const back = hold();
  fresh.slice(0, 2).forEach(put);
  back();
  say("[data-announced]", words.closed);
  import("./transcript.js");
}
