// The feed: warnings, breaches, and what was taken back, the newest first. What comes in a burst is
// put together, and said aloud in one sentence.

import { at, attribute, icon, make, name, text } from "./dom.js";
import { address } from "./route.js";
import * as time from "./time.js";
import * as words from "./words.js";

const { say, word } = words;
const LOOKS = { "sla.breached": "late", "sla.breach_imminent": "risk", "sla.breach_retracted": "back" };
const TURN = 700, ALOUD = 6000, MOST = 60, MANY = 4, KNOWN = 1000, LISTED = 100;

const known = new Set(), entries = new Map(), list = at("facts");
let arrived = [], held = [], unsaid = [], began = null, saidAt = -ALOUD;

export function take(fact) {
  if (!(fact.type in LOOKS) || known.has(fact.id)) return;
  known.add(fact.id);
  if (known.size > KNOWN) known.delete(known.values().next().value);
  arrived.push(fact);
}

const reading = () => list.scrollTop > 4 || list.contains(document.activeElement);

function turn() {
  if (!time.known()) return;
  began ??= time.now() - ALOUD;
  if (arrived.length) {
    // What was there before the page came is no news.
    unsaid.push(...arrived.filter(fact => Date.parse(fact.detected_at) >= began));
    held.push(...arrived);
    arrived = [];
  }
  if (held.length && !reading()) settle();
  text(at("top"), held.length ? say("feed.fresh", { n: held.length }) : "");
  at("fresh").hidden = !held.length;
  aloud();
  for (const one of list.querySelectorAll("time")) text(one, ago(Date.parse(one.dateTime)));
}

const ago = at => words.brief(at, time.now());

// Put what has come above what was there. Many of the same kind become one entry that unfolds.
function settle() {
  const groups = new Map();
  for (const fact of held) {
    const key = JSON.stringify([fact.type, fact.kind, fact.policy, fact.metric]);
    groups.set(key, [...(groups.get(key) || []), fact]);
  }
  held = [];
  for (const facts of [...groups.values()].flatMap(one => (one.length < MANY ? one.map(fact => [fact]) : [one]))
    .sort((one, two) => time_of(one) - time_of(two))) list.prepend(facts.length > 1 ? burst(facts) : single(facts[0]));
  while (list.children.length > MOST) list.lastChild.remove();
  for (const id of entries.keys()) if (!entries.get(id).isConnected) entries.delete(id);
  at("nothing").hidden = list.children.length > 0;
  attribute(at("more"), "hidden", list.children.length > 3 ? null : "");
}

const time_of = facts => Date.parse(facts.at(-1).time);

function promise(fact) {
  return make("span", { class: "about" }, `${word("metrics", fact.metric)} · `, name(fact.policy),
    fact.kind === "olo" ? make("span", { class: "tag" }, say("row.olo")) : null);
}

const moment = fact => make("time", { datetime: fact.time, title: words.full(Date.parse(fact.time)) }, ago(Date.parse(fact.time)));
const link = fact => make("a", { href: address(fact.ticket), class: "id", title: fact.ticket }, make("bdi", {}, fact.ticket));

function single(fact) {
  if (fact.retracts) entries.get(fact.retracts)?.classList.add("undone");
  const team = fact.team ? name(fact.team, "team") : null;
  const left = fact.type === "sla.breach_imminent" && fact.remaining_seconds > 0 ? say("feed.left", { time: words.amount(fact.remaining_seconds) }) : "";
  const notify = (fact.notify || []).length ? say("feed.notify", { names: fact.notify.join(say("form.list")) }) : "";
  const more = [left, notify].filter(Boolean).join(" · ");
  const entry = make("li", { class: LOOKS[fact.type], "data-id": fact.id }, icon(LOOKS[fact.type]),
    make("div", {}, make("p", {}, make("b", {}, word("facts", fact.type)), " ", link(fact)), promise(fact),
      more || team ? make("span", { class: "about" }, team, team && more ? " · " : null, more || null) : null), moment(fact));
  entries.set(fact.id, entry);
  return entry;
}

function burst(facts) {
  const fact = facts.at(-1), shown = facts.slice(-LISTED).reverse();
  const rest = facts.length - shown.length;
  return make("li", { class: `${LOOKS[fact.type]} burst` }, icon(LOOKS[fact.type]),
    make("details", {}, make("summary", {}, make("b", {}, `${word("facts", fact.type)} × ${words.number(facts.length)}`), promise(fact)),
      make("p", { class: "links" }, shown.map(one => [link(one), " "]), rest ? say("feed.rest", { n: rest }) : null)), moment(fact));
}

// Say what came, not more often than one can listen.
function aloud() {
  if (!unsaid.length || performance.now() - saidAt < ALOUD) return;
  saidAt = performance.now();
  const said = Object.keys(LOOKS).map(type => [type, unsaid.filter(fact => fact.type === type)]).filter(([, some]) => some.length)
    .map(([type, some]) => (some.length === 1 ? `${word("facts", type)} ${some[0].ticket.slice(0, 80)}` : `${word("facts", type)} × ${words.number(some.length)}`));
  unsaid = [];
  text(at("spoken"), said.join(say("form.list")));
}

export function start() {
  const more = at("more"), feed = at("feed");
  const fold = () => {
    const open = feed.classList.contains("open");
    attribute(more, "aria-expanded", String(open));
    text(more, say(open ? "feed.less" : "feed.more"));
  };
  more.addEventListener("click", () => { feed.classList.toggle("open"); fold(); });
  at("top").addEventListener("click", () => { list.scrollTop = 0; settle(); turn(); });
  fold();
  attribute(more, "hidden", "");
  setInterval(turn, TURN);
}
