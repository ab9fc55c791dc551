// The keyboard: everything that a mouse can do, and what saves ways.

import { at, make } from "./dom.js";
import * as filters from "./filters.js";
import * as list from "./list.js";
import { say } from "./words.js";

const FAR = 10;
const ACTS = {
  j: () => list.step(1), ArrowDown: () => list.step(1), k: () => list.step(-1), ArrowUp: () => list.step(-1),
  Home: () => list.step(-Infinity), End: () => list.step(Infinity), PageDown: () => list.step(FAR), PageUp: () => list.step(-FAR),
  n: () => list.page(1), p: () => list.page(-1), r: () => list.settle(),
  "/": () => { at("q").focus(); at("q").select(); }, "?": () => open(),
  a: () => filters.only("all"), o: () => filters.only("overdue"), w: () => filters.only("at_risk"),
};
const SHOWN = [[["j", "↓"], "next"], [["k", "↑"], "previous"], [["Enter"], "explain"], [["/"], "search"], [["a", "o", "w"], "only"],
  [["n", "p"], "pages"], [["r"], "renew"], [["Esc"], "close"], [["?"], "keys"]];
const ROLLING = ["Home", "End", "PageDown", "PageUp", "ArrowDown", "ArrowUp"];

function open() {
  const dialog = at("keys");
  if (!dialog.open) dialog.showModal();
}

// Letters belong to who writes them, and arrows to what rolls or chooses by them.
function taken(event) {
  const there = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return true;
  if (there.matches?.("input[type=search], input[type=text], textarea, select")) return true;
  if (!ROLLING.includes(event.key)) return false;
  const inside = at("rows").contains(there);
  return event.key.startsWith("Arrow") ? !inside && there !== document.body && there !== at("list") : !inside;
}

function pressed(event) {
  if (event.key === "Escape") return escape(event);
  const act = ACTS[event.key];
  if (!act || taken(event)) return;
  event.preventDefault();
  act();
}

function escape(event) {
  if (document.querySelector("dialog[open]")) return;
  if (filters.shut()) return;
  if (event.target === at("q") && at("q").value === "") list.step(-Infinity);
  else if (at("rows").contains(event.target)) event.target.blur();
}

export function start() {
  const dialog = at("keys");
  const rows = SHOWN.map(([keys, said]) => make("div", {}, make("dt", {}, keys.map(one => make("kbd", {}, one))), make("dd", {}, say(`keys.${said}`))));
  dialog.append(make("header", {}, make("h2", { id: "keyed" }, say("keys.title")), make("button", { type: "button", class: "plain", click: () => dialog.close() }, say("why.close"))), make("dl", {}, rows));
  dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });
  at("help").addEventListener("click", open);
  at("skip").addEventListener("click", event => { event.preventDefault(); list.step(-Infinity); if (!at("rows").contains(document.activeElement)) at("list").focus(); });
  document.addEventListener("keydown", pressed);
}
