// An explanation in words (R33): what happened, what counted, and how it adds up.

import { icon, make, name } from "./dom.js";
import * as words from "./words.js";

const { say, parts, word } = words;
const FEW = 12;
const NAMED = ["status", "priority", "tier", "channel", "team", "assignee"];

const isolated = value => (typeof value === "string" ? name(value) : String(value));

// Say what a reason is; names in it are none of ours.
const reason = value => word("reasons", value);

// Say an event in a few words, as parts.
export function event(told) {
  const silent = told.public === false;
  switch (told.type) {
    case "ticket.created": {
      const known = Object.fromEntries(NAMED.map(one => [one, told.attributes[one]]).filter(([, value]) => value !== null && value !== undefined));
      const said = attributes(known);
      return [say(silent ? "events.created_private" : "events.created", { author: word("authors", told.author) }), ...(said.length ? [", ", ...said] : [])];
    }
    case "ticket.message": return [say(silent ? "events.note" : "events.message", { author: word("authors", told.author) })];
    case "ticket.changed": return attributes(told.attributes);
    case "ticket.merged": return parts("events.merged", { name: isolated(told.into) });
    case "ticket.deleted": return parts("events.deleted", { reason: isolated(reason(told.reason)) });
    case "ticket.absorbed": return parts("events.absorbed", { name: isolated(told.origin) });
    case "policies.adopted": return parts(told.since ? `events.adopted_${told.since}` : "events.adopted", { name: isolated(told.version) });
    default: return [told.type];
  }
}

function attributes(told) {
  return Object.entries(told).flatMap(([key, value], place) => [
    place ? say("form.list") : null, word("attributes", key), "\u00a0", make("b", {}, value === null ? say("events.none") : isolated(value)),
  ]).filter(one => one !== null);
}

const both = (at, zone) => make("time", { datetime: at, title: words.full(Date.parse(at)) }, words.both(Date.parse(at), zone));

const told_time = (at, zone) => make("time", { datetime: at, title: words.full(Date.parse(at)) }, words.moment(Date.parse(at), zone));

// Say how a clock stands: met, running, breached; how much was used of how much.
export function standing(told) {
  const left = told.remaining_seconds, last = told.segments.at(-1)?.reason;
  const state = told.state === "fulfilled" ? (told.breach ? "fulfilled_late" : "met") : told.state;
  const said = [word("told", state)];
  if (told.breach && told.state !== "fulfilled") said.push(say("told.breached"));
  if (told.state === "paused") said.push(say("told.no_deadline"));
  if (last) said.push(reason(last));
  // What still runs is told in whole seconds, and so that both parts are the whole.
  const runs = told.state === "running", target = told.terms.target_seconds, elapsed = runs ? Math.floor(told.elapsed_seconds) : told.elapsed_seconds;
  const values = { used: words.exact(elapsed), target: words.exact(target), rest: words.exact(Math.abs(target - elapsed)) };
  return [said.join(say("form.list")), say(left < 0 ? "told.over" : "told.left", values)];
}

export function promise(told) {
  const { terms } = told, zone = words.zoneOf(terms.time_zone);
  const values = { promise: make("b", {}, terms.promise), schedule: name(terms.schedule), zone: zone.replaceAll("_", " ") };
  const said = [...parts("told.promise", values)];
  if (terms.fixed_until) said.push(" ", ...parts("told.fixed", {
    from: told_time(told.started_at, zone), until: told_time(terms.fixed_until, zone), target: words.exact(terms.target_seconds) }));
  return make("p", {}, said);
}

// Say what a stretch of a clock's life began with.
function what(one) {
  let said = one.changes.map(change => word("changes", change)).join(say("form.and")) || word("changes", one.state);
  if (one.inherited) said = say("told.inherited");
  else if (one.counted_late) said = say("told.counted_late");
  if (one.superseded) said += ` ${say("told.superseded")}`;
  if (one.reason) said += ` (${reason(one.reason)})`;
  return [make("b", {}, said), say("form.colon"), ...(one.cause ? event(one.cause) : [say("told.before_events")])];
}

// Give what happened to a clock, with what counted each time.
export function story(told) {
  const zone = words.zoneOf(told.terms.time_zone);
  return make("ol", { class: "story" }, told.segments.map((one, place) => {
    const after = one.deadline ? parts("told.new_deadline", { time: told_time(one.deadline.to, zone) })
      : one.no_deadline === "never" ? [say("told.never")] : null;
    return make("li", { class: one.superseded ? "past" : one.state }, told_time(one.from, zone),
      make("div", {}, make("p", {}, what(one)), after ? make("p", { class: "quiet" }, after) : null,
        one.state === "running" ? make("details", { "data-key": `${key(told)} ${place}` },
          make("summary", {}, say(one.ongoing ? "told.counted_now" : "told.counted", { added: words.exact(one.open_seconds), n: one.windows.length })),
          table(one, say(one.ongoing ? "told.until_now" : "told.until", { time: words.moment(Date.parse(one.to), zone) }))) : null));
  }));
}

export const key = told => `${told.kind} ${told.metric} ${told.cycle}`;

// Give how the deadline comes about, or the breach; null where there is none.
export function sum(told) {
  const { breach, deadline } = told, zone = words.zoneOf(told.terms.time_zone), made = [];
  if (breach && !breach.sum) made.push(make("p", { class: "late" }, icon("late"), make("span", {}, parts("told.breached_before", { time: both(breach.at, zone) }))));
  else if (breach && breach.reason !== "deadline_passed") made.push(make("p", { class: "late" }, icon("late"), make("span", {}, parts("told.breached_by", {
    time: both(breach.at, zone), reason: reason(breach.reason), used: words.exact(breach.sum.sum_seconds), target: words.exact(breach.target_seconds) }))));
  else if (breach) made.push(make("p", { class: "late" }, icon("late"), make("span", {}, parts("told.breached_at", { time: both(breach.at, zone) }))), table(breach.sum, say("told.is_target")));
  if (deadline && !(breach && deadline.to === (breach.sum?.to ?? breach.at)))
    made.push(make("p", {}, parts("told.deadline_at", { time: both(deadline.to, zone) })), table(deadline, say("told.is_target")));
  return made.length ? made : null;
}

// Give a sum, line by line: what was used before, each open window, and the whole.
function table(told, end) {
  const zone = words.zoneOf(told.time_zone), windows = told.windows, half = windows.length > FEW ? FEW / 2 : windows.length;
  const row = (said, added, total, kind = null) => make("tr", { class: kind }, make("th", { scope: "row", colspan: "2" }, said), value(added), value(total));
  const line = one => make("tr", {}, make("td", { class: "from" }, told_time(one.opens, zone)), make("td", { class: "to" }, last(one, zone)), value(one.seconds), value(one.sum_seconds));
  const hidden = windows.slice(half, windows.length - half).map(line), body = make("tbody", {}, row(say("told.before", { time: words.moment(Date.parse(told.from), zone) }), null, told.before_seconds),
    windows.slice(0, half).map(line));
  if (hidden.length) {
    const added = hidden.length, rest = windows.slice(half, windows.length - half);
    const more = row(make("button", { type: "button", class: "plain link", click: () => more.replaceWith(...hidden) }, say("told.more", { n: added })),
      rest.reduce((all, one) => all + Math.round(one.seconds * 1000), 0) / 1000, rest.at(-1).sum_seconds);
    body.append(more, ...windows.slice(-half).map(line));
  }
  body.append(row(end, told.open_seconds, told.sum_seconds, "whole"));
  return make("div", { class: "scroll" }, make("table", { class: "sum" },
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, say("told.opens")), make("th", { scope: "col" }, say("told.closes")),
      make("th", { scope: "col", class: "n" }, say("told.added")), make("th", { scope: "col", class: "n" }, say("told.total")))), body));
}

function value(seconds) {
  return make("td", { class: "n" }, seconds === null ? null : make("data", { value: String(Math.round(seconds * 1000)) }, words.exact(seconds)));
}

function last(one, zone) {
  const at = Date.parse(one.closes), same = words.day(Date.parse(one.opens), zone) === words.day(at, zone);
  return make("time", { datetime: one.closes, title: words.full(at) }, same ? words.time(at, zone) : words.moment(at, zone));
}
