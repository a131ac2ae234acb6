// The few helpers that every module needs.
export const one = (selector, root = document) => root.querySelector(selector);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// A copy of what a <template> of the page holds; null where there is none.
export const clone = (name) => document.getElementById(`new-${name}`)?.content.firstElementChild.cloneNode(true) ?? null;

// The sentences of the page's scripts.
export const words = document.getElementById("words")?.dataset;

// crypto.randomUUID is missing on plain http, where self-hosted rooms may well live.
export const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
export const random = (bytes) => hex(crypto.getRandomValues(new Uint8Array(bytes)));

export const show = (selector, visible) => all(selector).forEach((element) => { element.hidden = !visible; });
export const say = (selector, text) => all(selector).forEach((element) => { if (element.textContent !== text) element.textContent = text; });

// The sentence beside a control, and the mark that it is wrong; "" takes both away.
export function complain(id, text) {
  const problem = one(`#${id}-problem`);
  one("span", problem).textContent = text;
  problem.hidden = !text;
  one(`#${id}`).ariaInvalid = text ? "true" : "false";
}

export const wait = (seconds) => new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });

// A module that the page works without at first. If it does not load, forms post as they are.
export function late(load) {
  let coming = null;
  return (job) => {
    coming ??= load().catch(() => null);
    return coming.then((module) => module && job(module));
  };
}

// Storage may be full, blocked or private: `set` returns whether it worked.
const shelf = (name) => ({
  get(key) {
    try { return JSON.parse(window[name].getItem(`gavel-${key}`)); } catch { return null; }
  },
  set(key, value) {
    try {
      if (value == null || value.length === 0) window[name].removeItem(`gavel-${key}`);
      else window[name].setItem(`gavel-${key}`, JSON.stringify(value));
      return true;
    } catch { return false; }
  },
  keys(prefix) {
    try { return Object.keys(window[name]).filter((key) => key.startsWith(`gavel-${prefix}`)).map((key) => key.slice(6)); } catch { return []; }
  },
});
export const kept = shelf("localStorage");
export const session = shelf("sessionStorage");
