// The server's clock, and instants (integer microseconds) in words. Every answer bounds how far the reader's own clock is off: that only counts on.
// The longest way of an answer that was waited for: who knows since when.
const REACH = 5_000_000;
// The server is ahead by so much at least, and at most; and whether the latter is more than a guess.
let least = null;
let most = null;
let sure = false;
export const now = () => ticks() * 1000 + (sure ? (least + most) / 2 : least);

// The reader's clock (ms) as it goes since the page was loaded: one that is set meanwhile changes nothing here.
const began = Date.now() - performance.now();
export const ticks = () => began + performance.now();

// An answer says `server`. That was not after it came, at `came` by those ticks, nor before it was `asked` for.
export function sync(server, asked, came = ticks()) {
  const low = server - came * 1000;
  const high = asked === undefined ? low + REACH : server - asked * 1000;
  // What does not fit to what was known: this computer slept, or the server's clock was set, and this is the newer word.
  const parted = least === null || low > most || high < least;
  least = parted ? low : Math.max(least, low);
  most = parted ? high : Math.min(most, high);
  sure = asked !== undefined || (sure && !parted);
}

// In its sleep a computer may not have counted on. Its clock tells, but does the same where it was set: the server knows which it was.
let drift = Date.now() - ticks();
async function doubt() {
  const asked = ticks();
  if (Math.abs(Date.now() - asked - drift) < 2000) return;
  drift = Date.now() - asked;
  try {
    sync((await (await fetch("/api/v1/time", { cache: "no-store" })).json()).now, asked);
  } catch { /* the next answer tells */ }
}
setInterval(doubt, 5000);

// The page itself was the first answer. Its times are on a clock of their own.
const page = performance.getEntriesByType("navigation")[0];
if (page) sync(Number(document.body.dataset.now), began + page.requestStart, began + page.responseStart);
else sync(Number(document.body.dataset.now));

// Browsers name some zones by what their cities were called long ago.
const RENAMED = { "Asia/Calcutta": "Asia/Kolkata", "Asia/Katmandu": "Asia/Kathmandu", "Asia/Saigon": "Asia/Ho_Chi_Minh", "Europe/Kiev": "Europe/Kyiv" };
const own = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
export const mine = RENAMED[own] ?? own;
// Whether the browser has this zone.
export function knows(zone) {
  try { return Boolean(new Intl.DateTimeFormat("en-US", { timeZone: zone })); } catch { return false; }
}
export const city = (zone) => zone.split("/").pop().replaceAll("_", " ");

const formats = new Map();
function parts(us, zone) {
  if (!formats.has(zone)) {
    const wanted = { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "shortOffset" };
    let format;
    try { format = new Intl.DateTimeFormat("en-US", { ...wanted, timeZone: zone }); } catch { format = new Intl.DateTimeFormat("en-US", wanted); }
    formats.set(zone, format);
  }
  return Object.fromEntries(formats.get(zone).formatToParts(new Date(us / 1000)).map(({ type, value }) => [type, value]));
}

export function time(us, zone) {
  const { hour, minute } = parts(us, zone);
  return `${hour}:${minute}`;
}
export function date(us, zone) {
  const { weekday, day, month, year } = parts(us, zone);
  return `${weekday} ${day} ${month} ${year}`;
}
// The end of a span, with its day where that is another than the start's: "Wed 01:00".
export const until = (opens, closes, zone) => (date(opens, zone) === date(closes, zone) ? "" : `${parts(closes, zone).weekday} `) + time(closes, zone);
export const full = (us, zone) => `${date(us, zone)}, ${time(us, zone)}`;
// What the zone is from UTC then: "UTC+1".
export const offset = (us, zone) => parts(us, zone).timeZoneName.replace("GMT", "UTC");
export const iso = (us) => new Date(us / 1000).toISOString();

// The same span on the reader's clock, or null where that clock shows the same.
export function elsewhere(opens, closes, zone) {
  const same = (us) => time(us, zone) === time(us, mine) && date(us, zone) === date(us, mine);
  if (same(opens) && same(closes)) return null;
  const day = date(opens, zone) === date(opens, mine) ? "" : `${date(opens, mine)}, `;
  return `${day}${time(opens, mine)}–${until(opens, closes, mine)}, ${city(mine)}`;
}

// "in 5 minutes", "12 minutes ago"; "" where that is more than a week.
const relative = new Intl.RelativeTimeFormat("en");
const STEPS = [[60, "minute"], [3600, "hour"], [86400, "day"]];
// `past`: the server says that it has passed, whatever this clock says.
export function near(us, past = false) {
  const seconds = Math.min((us - now()) / 1e6, past ? 0 : Infinity);
  if (Math.abs(seconds) >= 7 * 86400) return "";
  if (Math.abs(seconds) < 45) return past || seconds < 0 ? "just now" : "in a moment";
  const [step, unit] = STEPS.findLast(([step]) => Math.abs(seconds) >= step) ?? STEPS[0];
  return relative.format(Math.round(seconds / step), unit);
}

// A length as the units worth showing: [[2, "days"], [18, "h"]].
export function units(us, count) {
  const seconds = Math.max(0, Math.ceil(us / 1e6));
  const days = Math.floor(seconds / 86400);
  const list = [[days, days === 1 ? "day" : "days"], [Math.floor(seconds / 3600) % 24, "h"], [Math.floor(seconds / 60) % 60, "min"], [seconds % 60, "s"]];
  const first = list.findIndex(([value]) => value > 0);
  return first < 0 ? [[0, "s"]] : list.slice(first, first + count);
}
export const length = (us, count = 1) => units(us, count).filter(([value], index) => value || !index).map((unit) => unit.join(" ")).join(" ");
