// The tabs beside the log: one panel at a time, by click or arrow key.
import { all } from "./dom.js";

const tabs = all(".rail [role=tab]");

// A drawer that was open when its page was left would cover the room that one comes back to.
if (document.body.dataset.phase === "open" && document.getElementById(location.hash.slice(1))?.closest(".rail")) location.replace("#main");

function select(chosen) {
  for (const tab of tabs) {
    const on = tab === chosen;
    tab.ariaSelected = `${on}`;
    tab.tabIndex = on ? 0 : -1;
    document.getElementById(tab.getAttribute("aria-controls")).classList.toggle("on", on);
  }
}

tabs.forEach((tab, place) => {
  tab.addEventListener("click", () => select(tab));
  tab.addEventListener("keydown", ({ key }) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (!step) return;
    const next = tabs[(place + step + tabs.length) % tabs.length];
    select(next);
    next.focus();
  });
});
