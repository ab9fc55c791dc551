// The list. Rows are changed where they stand; while somebody reads or points at them their order is
// held, and what has changed is announced instead.

import { at, text } from "./dom.js";
import { Row } from "./row.js";
import { LIMIT, isFiltered } from "./query.js";
import * as words from "./words.js";
import * as time from "./time.js";

const { say } = words;
const IDLE = 30000;

const body = at("rows"), rows = new Map();
let waiting = null, pointed = 0, onChange = () => {};

// Say whether somebody is at the rows: the keyboard, or a mouse that moved not long ago.
function busy() {
  return body.contains(document.activeElement) || performance.now() - pointed < IDLE || selected();
}

function selected() {
  const chosen = getSelection();
  return !chosen.isCollapsed && chosen.rangeCount > 0 && body.contains(chosen.anchorNode);
}

export const shown = () => [...body.children].map(one => one.row);

// Take a list that the worker sent. `anew`: another question was asked, so nothing is held.
export function take(told, query, anew) {
  const asOf = Date.parse(told.as_of), now = time.now();
  const tickets = new Map(told.tickets.map(one => [one.ticket, one]));
  for (const [id, row] of rows) {
    if (tickets.has(id)) row.tell(tickets.get(id), asOf, now, query.only);
    else { row.gone(true); row.count(now); }
  }
  waiting = { tickets, asOf, only: query.only };
  if (anew || !rows.size || !busy()) settle();
  else announce();
  foot(told, query);
}

// Put the rows as the last list has them. Those that stay are not touched.
export function settle() {
  if (!waiting) return;
  const { tickets, asOf, only } = waiting, now = time.now(), focused = document.activeElement?.closest?.("#rows tr");
  for (const [id, row] of rows) if (!tickets.has(id)) { row.element.remove(); rows.delete(id); }
  let place = body.firstElementChild;
  for (const [id, ticket] of tickets) {
    let row = rows.get(id);
    if (!row) { rows.set(id, (row = new Row())); row.tell(ticket, asOf, now, only); }
    if (row.element === place) place = place.nextElementSibling;
    else body.insertBefore(row.element, place);
  }
  if (focused && focused.isConnected && !focused.contains(document.activeElement)) focused.row.link.focus({ preventScroll: true });
  announce();
}

// Count what is other than shown: tickets that came or went, and those that changed places.
function changes() {
  const there = shown().map(row => row.ticket.ticket), wanted = [...waiting.tickets.keys()], before = new Set(there);
  const left = there.filter(id => !waiting.tickets.has(id)).length, come = wanted.filter(id => !before.has(id)).length;
  const one = there.filter(id => waiting.tickets.has(id)), two = wanted.filter(id => before.has(id));
  return left + come + one.length - common(one, two);
}

// Give the length of the longest part that two orders of the same ids have in common.
function common(one, two) {
  const place = new Map(two.map((id, number) => [id, number])), ends = [];
  for (const id of one) {
    const number = place.get(id);
    let low = 0, high = ends.length;
    while (low < high) { const middle = (low + high) >> 1; if (ends[middle] < number) low = middle + 1; else high = middle; }
    ends[low] = number;
  }
  return ends.length;
}

function announce() {
  const n = changes();
  text(at("held"), n ? say("list.held", { n }) : "");
  at("changes").hidden = !n;
}

// Count on: what passes with time alone. A held order is let go where nobody is there any more.
export function count() {
  const now = time.now();
  for (const row of rows.values()) row.count(now);
  if (!at("changes").hidden && !busy()) settle();
}

function foot(told, query) {
  const from = told.offset + 1, to = told.offset + told.tickets.length, all = counted(told, query);
  const none = !told.tickets.length;
  at("none").hidden = !none;
  text(at("none"), none ? say(isFiltered(query) || query.only !== "all" ? "list.none" : "list.empty") : "");
  document.querySelector("#list table").hidden = none;
  at("pages").hidden = told.offset === 0 && to >= all;
  text(at("shown"), none ? "" : say("pages.shown", { from, to, n: Math.max(all, to) }));
  at("before").disabled = told.offset === 0;
  at("after").disabled = told.tickets.length < LIMIT || to >= all;
}

// Give how many tickets the whole list has.
function counted(told, query) {
  return query.only === "all" ? told.matched : told[query.only];
}

// Go a number of rows on from the one that has the focus, or to the first or last.
export function step(by) {
  const all = shown(), here = all.findIndex(row => row.element.contains(document.activeElement));
  const to = here < 0 ? (by === -Infinity || by > 0 ? 0 : all.length - 1) : Math.max(0, Math.min(all.length - 1, here + by));
  all[to]?.link.focus();
  all[to]?.element.scrollIntoView({ block: "nearest" });
}

export function start(change) {
  onChange = change;
  text(at("renew"), say("list.renew"));
  text(at("zone"), words.zone.replaceAll("_", " "));
  at("renew").addEventListener("click", settle);
  body.addEventListener("pointermove", () => { pointed = performance.now(); });
  body.addEventListener("pointerleave", () => { pointed = -IDLE; if (!busy()) settle(); });
  body.addEventListener("focusout", () => setTimeout(() => { if (!busy() && !document.querySelector("dialog[open]")) settle(); }));
  body.addEventListener("click", event => {
    const row = event.target.closest("tr")?.row;
    if (row && !event.target.closest("a") && getSelection().isCollapsed) {
      row.link.focus({ preventScroll: true });
      row.link.click();
    }
  });
  at("before").addEventListener("click", () => page(-1));
  at("after").addEventListener("click", () => page(1));
  pointed = -IDLE;
}

// Leaf a page on or back.
export function page(by) {
  const button = at(by < 0 ? "before" : "after");
  if (!button.disabled && !at("pages").hidden) onChange(by);
}
