import { make } from "./dom.js";

// A style sheet beside the page's own, once.
const sheets = new Map();
export function style(name) {
  if (!sheets.has(name)) {
    const link = make("link", { rel: "stylesheet", href: new URL(`../../${name}.css`, import.meta.url) });
    sheets.set(name, new Promise((resolve) => { link.onload = link.onerror = resolve; }));
    document.head.append(link);
  }
  return sheets.get(name);
}
