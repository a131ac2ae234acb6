// In which zone times are shown: the meeting's, so that "18:34" means one thing to all, or one that the reader chooses and keeps.
// Whatever the page or its scripts write is in the meeting's; here it is said again in the chosen one, days as well as times.
import * as clock from "./clock.js";
import { all, kept, one } from "./dom.js";
import { opening } from "../talk/stage.js";

const { body } = document;
const home = body.dataset.zone;
const choosers = all("[data-zones] select");
const OWN = "own"; // goes with the reader from place to place
const FORMS = [
  [/^\d\d:\d\d$/, clock.time],
  [/^\w{3} \d+ \w{3} \d{4}, \d\d:\d\d$/, clock.full],
  [/^\w{3} \d+ \w{3} \d{4}$/, clock.date],
  [/^\d+ \w{3} \d{4}$/, (us, zone) => clock.date(us, zone).replace(/^\w+ /, "")],
  [/^\d+ \w{3}$/, (us, zone) => clock.date(us, zone).replace(/^\w+ | \d{4}$/g, "")],
];
const known = new WeakMap(); // what the page wrote, and what stands there instead
let chosen = home;

// Lobbies tell the meeting's time and the reader's side by side.
const zone = () => (["open", "closed"].includes(body.dataset.phase) ? chosen : home);

function rewrite(element, say) {
  let its = known.get(element);
  if (its?.shown !== element.textContent) its = { own: element.textContent };
  its.shown = zone() === home ? its.own : say(its.own);
  known.set(element, its);
  if (element.textContent !== its.shown) element.textContent = its.shown;
}

function time(element) {
  const us = Date.parse(element.dateTime) * 1000;
  if (element.dataset.at === "closes") return rewrite(element, () => clock.until(opening(), us, zone()));
  rewrite(element, (own) => FORMS.find(([form]) => form.test(own))?.[1](us, zone()) ?? own);
}
function bar(link) {
  const title = one("title", link);
  rewrite(title, (own) => own.replace(/^\d\d:\d\d/, clock.time(Number(link.dataset.bar), zone())));
  link.ariaLabel = title.textContent;
}
// "CET" beside a time, and the names of zones in sentences.
const short = (element) => rewrite(element, () => ` ${clock.offset(Number(body.dataset.closes), zone())}`);
const name = (element) => rewrite(element, () => (zone() === "UTC" && element.dataset.zoneOf ? "" : `${element.dataset.zoneOf}${zone()}`));

const PARTS = [["time[datetime]", time], ["[data-bar]", bar], ["[data-at=zone]", short], ["[data-zone-of]", name]];
function show(root) {
  for (const [selector, write] of PARTS) {
    if (root.matches(selector)) write(root);
    all(selector, root).forEach(write);
  }
}

function choose(value) {
  const wanted = value === OWN ? clock.mine : value;
  chosen = clock.knows(wanted) ? wanted : home;
  choosers.forEach((chooser) => { chooser.value = chosen === home ? "" : value; });
  show(body);
}

function offer(chooser) {
  const usual = [["", `Meeting’s: ${home}`]];
  if (clock.mine !== home) usual.push([OWN, `Yours: ${clock.mine}`]);
  const others = Intl.supportedValuesOf?.("timeZone") ?? [];
  const option = ([value, label]) => new Option(label, value);
  const group = document.createElement("optgroup");
  group.label = "Other zones";
  group.append(...[...new Set(["UTC", ...others])].filter((other) => other !== home).map((other) => option([other, other])));
  chooser.append(...usual.map(option), group);
  chooser.addEventListener("change", () => {
    kept.set("zone", chooser.value);
    choose(chooser.value);
  });
  chooser.closest("[data-zones]").hidden = false;
}

choosers.forEach(offer);
choose(kept.get("zone") || home);
new MutationObserver((changes) => {
  if (chosen === home) return;
  for (const { type, target, addedNodes } of changes) {
    if (type === "attributes") show(body);
    for (const node of addedNodes) show(node.nodeType === Node.ELEMENT_NODE ? node : target);
  }
}).observe(body, { childList: true, subtree: true, attributeFilter: ["data-phase"] });
