// The server's clock, and instants (integer microseconds) in words. Every answer's `now` corrects it: the reader's own clock only counts on.
let ahead = null;
export const now = () => Date.now() * 1000 + (ahead ?? 0);

// An answer takes time to arrive, so a sample is never too early, only too late: the largest is the best, until the clocks part.
export function sync(server, at = Date.now()) {
  const sample = server - at * 1000;
  ahead = ahead === null || Math.abs(sample - ahead) > 2_000_000 ? sample : Math.max(sample, ahead);
}

const page = performance.getEntriesByType("navigation")[0];
sync(Number(document.body.dataset.now), page ? performance.timeOrigin + page.responseStart : undefined);

export const mine = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
export const city = (zone) => zone.split("/").pop().replaceAll("_", " ");

const formats = new Map();
function parts(us, zone) {
  if (!formats.has(zone)) {
    const wanted = { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
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
export const iso = (us) => new Date(us / 1000).toISOString();

// The same span on the reader's clock, or null where that clock shows the same.
export function elsewhere(opens, closes, zone) {
  const same = (us) => time(us, zone) === time(us, mine) && date(us, zone) === date(us, mine);
  if (same(opens) && same(closes)) return null;
  const day = date(opens, zone) === date(opens, mine) ? "" : `${date(opens, mine)}, `;
  return `${day}${time(opens, mine)}–${time(closes, mine)}, ${city(mine)}`;
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
