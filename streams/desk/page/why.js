// Why a deadline is where it is (R33): a ticket explained, over the list. The address names it.

import { at, attribute, icon, make, name, text } from "./dom.js";
import { leave, named } from "./route.js";
import * as time from "./time.js";
import { timeline } from "./timeline.js";
import * as told from "./told.js";
import * as words from "./words.js";

const { say, word } = words;
const dialog = at("why"), AGAIN = 15000, SOON = 1200;
let id = null, from = null, shown = null, timer = 0, look = "", asked = 0;

// The address names a ticket, or none any more.
function follow() {
  const next = named();
  if (next === id) return;
  id = next;
  shown = null;
  look = "";
  if (id === null) { if (dialog.open) dialog.close(); return; }
  frame();
  if (!dialog.open) {
    from = document.activeElement;
    dialog.showModal();
  }
  dialog.scrollTop = 0;
  load();
}

function close() {
  clearTimeout(timer);
  if (named() !== null) leave();
  id = null;
  const back = from?.isConnected && from !== document.body ? from : at("list");
  from = null;
  back.focus({ preventScroll: true });
}

function frame() {
  const shut = make("button", { type: "button", class: "leave", "aria-label": say("why.close"), title: say("why.close"), click: () => dialog.close() }, icon("late"), make("span", {}, say("why.close")), make("kbd", {}, "Esc"));
  dialog.replaceChildren(
    make("header", {}, make("h2", { id: "whose" }, say("why.ticket"), " ", name(id)), shut),
    make("div", { class: "body", id: "whole", "aria-busy": "true" }, make("p", { class: "quiet" }, say("why.loading"))));
  shut.focus();
}

async function load() {
  clearTimeout(timer);
  const wanted = id, turn = ++asked;
  try {
    const answer = await fetch(`/tickets/${encodeURIComponent(wanted)}`, { headers: { Accept: "application/json" } });
    if (answer.status === 401) return location.reload();
    const body = await answer.json();
    if (turn !== asked || wanted !== id) return;
    if (answer.ok) show(body);
    else fault(answer.status === 404 ? say("why.unknown") : say("why.failed"), body.error);
  } catch {
    if (turn === asked && wanted === id && !shown) fault(say("why.failed"), "");
  }
  timer = setTimeout(load, AGAIN);
}

function fault(said, more) {
  shown = null;
  at("whole").replaceChildren(make("p", { class: "late" }, icon("late"), said), make("p", { class: "quiet" }, more));
  attribute(at("whole"), "aria-busy", null);
}

// Show what was told; what is unfolded, the place and the focus stay.
function show(ticket) {
  shown = ticket;
  const same = JSON.stringify([ticket.events.length, ticket.policy_version, ticket.clocks.map(one => [one.metric, one.kind, one.cycle, one.revision, one.state, one.deadline, one.breached_at])]);
  if (same === look) return count();
  look = same;
  const place = dialog.scrollTop, body = at("whole");
  const open = new Map([...body.querySelectorAll("[data-key]")].map(one => [one.dataset.key, one.open]));
  const focused = document.activeElement?.closest?.("[data-key]")?.dataset.key;
  body.replaceChildren(...whole(ticket));
  for (const one of body.querySelectorAll("[data-key]")) {
    if (open.has(one.dataset.key)) one.open = open.get(one.dataset.key);
    if (one.dataset.key === focused) one.querySelector("summary").focus({ preventScroll: true });
  }
  attribute(body, "aria-busy", null);
  dialog.scrollTop = place;
  count();
}

function whole(ticket) {
  const clocks = ticket.clocks.map(one => one.explanation);
  const running = clocks.filter(one => one.state === "running" || one.state === "paused"), over = clocks.filter(one => !running.includes(one));
  const past = [...over, ...ticket.earlier_cycles].sort((one, two) => Date.parse(two.started_at) - Date.parse(one.started_at));
  running.sort((one, two) => next(one) - next(two));
  const first = running[0] || past[0];
  return [about(ticket),
    ...running.map(one => clock(one, ticket, one === first)),
    past.length ? make("h3", { class: "part" }, say("why.past")) : null,
    ...past.map(one => clock(one, ticket, one === first)),
    clocks.length + past.length ? null : make("p", {}, say("why.no_clock")),
    events(ticket, first ? words.zoneOf(first.terms.time_zone) : words.zone)].filter(Boolean);
}

const next = one => (one.deadline ? Date.parse(one.deadline.to) : one.breach ? Date.parse(one.breach.at) : Infinity);

function about(ticket) {
  const attributes = ["status", "team", "assignee", "priority", "tier", "channel"].map(one => [one, one === "status" ? ticket.status : ticket.attributes[one]]).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return make("div", {}, make("dl", { class: "facts" }, attributes.map(([one, value]) => make("div", {}, make("dt", {}, word("attributes", one)), make("dd", {}, name(String(value)))))),
    make("p", { class: "quiet" }, make("span", { id: "asof" }), " · ", say("why.version", { version: ticket.policy_version }), " · ",
      make("a", { href: `/tickets/${encodeURIComponent(ticket.ticket)}` }, say("foot.json"))),
    ticket.events_since ? make("p", { class: "quiet" }, say("why.since", { time: words.moment(Date.parse(ticket.events_since)) })) : null);
}

// Give how it looks: late, kept, paused …
function style(one) {
  if (one.breach) return "late";
  return { fulfilled: "kept", paused: "paused", cancelled: "none" }[one.state] || "calm";
}

function clock(one, ticket, first) {
  const how = style(one), [state, used] = told.standing(one), sum = told.sum(one);
  const cycle = one.cycle > 1 ? ` · ${say("why.cycle", { n: one.cycle })}` : "";
  return make("details", { class: `clock ${how}`, "data-key": `clock ${told.key(one)}`, open: first || one.state === "running" },
    make("summary", {}, make("h3", {}, word("metrics", one.metric), " · ", name(one.policy), one.kind === "olo" ? make("span", { class: "tag" }, say("row.olo")) : null, cycle),
      make("p", { class: "verdict" }, icon(how), state), make("p", { class: "used" }, used)),
    told.promise(one),
    timeline(one, ticket.events, Date.parse(ticket.as_of)),
    sum ? make("h4", {}, say("why.sum")) : null, sum || [],
    make("h4", {}, say("why.story")), told.story(one),
    one.known_since ? make("p", { class: "quiet" }, say("why.since", { time: words.moment(Date.parse(one.known_since)) })) : null);
}

function events(ticket, zone) {
  return make("details", { class: "clock events", "data-key": "events", open: true }, make("summary", {}, make("h3", {}, say("why.events", { n: ticket.events.length })), make("p", { class: "quiet" }, words.zoned(zone))),
    make("ol", { class: "story numbered" }, ticket.events.map((one, number) => make("li", {},
      make("time", { datetime: one.time, title: words.full(Date.parse(one.time)) }, words.moment(Date.parse(one.time), zone)),
      make("div", {}, make("p", {}, make("span", { class: "number" }, words.number(number + 1)), " ", told.event(one)))))));
}

// Say how old it is, on the worker's clock.
export function count() {
  if (!shown || !time.known() || !at("asof")) return;
  text(at("asof"), say("why.as_of", { time: words.clock(Date.parse(shown.as_of)) }));
}

// A list came: where the ticket's clocks are others than shown, it is asked for again.
export function heard(tickets) {
  const one = shown && tickets.find(ticket => ticket.ticket === id);
  if (!one) return;
  const open = shown.clocks.filter(clock => clock.state === "running" || clock.state === "paused");
  const same = one.clocks.length === open.length && one.clocks.every(clock => open.some(other => other.metric === clock.metric && other.kind === clock.kind
    && other.policy === clock.policy && other.state === clock.state && other.deadline === clock.deadline && other.target_seconds === clock.target_seconds));
  if (!same) soon();
}

// Something was said of a ticket.
export function said(ticket) {
  if (ticket === id && shown) soon();
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(load, SOON);
}

export function start() {
  dialog.addEventListener("close", close);
  dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });
  addEventListener("hashchange", follow);
  follow();
}
