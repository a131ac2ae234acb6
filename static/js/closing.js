// The room has closed before somebody's eyes: the summary, and everybody's part in it, come as the server writes them for all, and what is read stays where it is.
import { all, make, one, say, wait, words } from "./dom.js";
import * as people from "./people.js";
import { hold } from "./place.js";
import { style } from "./sheet.js";

async function part() {
  // All hear of the close in the same moment; chance spreads those who ask.
  for (let pause = Math.random() / 4; ; pause = 1 + Math.random() * 4) {
    await wait(pause);
    const response = await fetch(`${location.pathname}/closing`).catch(() => null);
    if (response?.ok) return make("div", {}, document.createRange().createContextualFragment(await response.text()));
  }
}

export async function close() {
  const [fresh] = await Promise.all([part(), style("transcript")]);
  const back = hold();
  for (const { dataset: { late }, childNodes, innerHTML } of all("[data-late]", fresh)) {
    if (late === "people") people.replace(innerHTML);
    else one(`[data-late=${late}]`).replaceChildren(...childNodes);
  }
  back();
  say("[data-announced]", words.closed);
  import("./transcript.js");
}
