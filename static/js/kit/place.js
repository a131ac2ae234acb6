// What is read stays where it is while the page becomes another one.
import { all, one } from "./dom.js";
import * as stage from "../talk/stage.js";

const log = one(".log");

// The page is about to be laid out anew: gives the way back to what is read.
export function hold() {
  const { top, bottom } = log.getBoundingClientRect();
  const anchor = all("#lines [id^=t]").findLast((row) => row.getBoundingClientRect().top < Math.min(bottom, innerHeight));
  const before = anchor?.getBoundingClientRect().top ?? top;
  return () => scrollBy({ top: (anchor ?? log).getBoundingClientRect().top - before, behavior: "instant" });
}
stage.keeping(hold);
