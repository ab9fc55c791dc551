// An explanation as a drawing: when the schedule was open and counted, the pauses, what happened, the
// deadline and now.

import { draw, make } from "./dom.js";
import * as words from "./words.js";

const { say } = words;
const HOUR = 3600000, DAY = 24 * HOUR;
const HIGH = 128, LEFT = 8, TOP = 34, BAND = 22, EVENTS = TOP + BAND + 15, AXIS = 112;
const STEPS = [1, 2, 5, 10, 15, 30].map(one => one * 60000).concat([1, 2, 3, 6, 12].map(one => one * HOUR), [1, 2, 7, 14, 28, 91, 182, 364].map(one => one * DAY));
const FAR = 4, APART = 15, MOST = 400;

// Give what lies between which instants: the whole life, unless the end is so far past the deadline
// that nothing else could be seen.
function span(told, now) {
  const spans = told.segments.flatMap(one => [one.from, one.to]).map(at => Date.parse(at)), start = Math.min(Date.parse(told.started_at), ...spans);
  const promised = told.breach ? Date.parse(told.breach.at) : told.deadline ? Date.parse(told.deadline.to) : null;
  const ends = [...spans, ...(told.deadline ? [Date.parse(told.deadline.to)] : []), ...(promised === null ? [] : [promised])];
  if (told.state === "running" || told.state === "paused") ends.push(now);
  let end = Math.max(...ends, start + 60000);
  const most = promised !== null && promised > start ? start + FAR * (promised - start) : end;
  const cut = end > most;
  if (cut) end = most;
  const room = (end - start) * 0.04;
  return { start: start - room / 4, end: end + room, cut };
}

function open(told) {
  const counted = told.segments.filter(one => one.state === "running" && !one.superseded).flatMap(one => one.windows);
  const ahead = told.deadline && told.state === "running" ? told.deadline.windows : [];
  return { counted: counted.map(pair), ahead: ahead.map(pair) };
}

const pair = one => [Date.parse(one.opens), Date.parse(one.closes)];

// Draw it into a place as wide as that is.
export function timeline(told, events, now) {
  const place = make("figure", { class: "timeline" });
  const paint = () => { if (place.clientWidth) place.replaceChildren(drawn(told, events, now, place.clientWidth), legend(told)); };
  new ResizeObserver(paint).observe(place);
  return place;
}

function drawn(told, events, now, width) {
  const { start, end, cut } = span(told, now), zone = words.zoneOf(told.terms.time_zone);
  const x = at => LEFT + ((Math.max(start, Math.min(end, at)) - start) / (end - start)) * (width - 2 * LEFT);
  const svg = draw("svg", { width, height: HIGH, viewBox: `0 0 ${width} ${HIGH}`, role: "img", "aria-label": alt(told, now) });
  const bar = (from, to, kind) => (to > start && from < end
    ? draw("rect", { class: kind, x: x(from).toFixed(1), width: Math.max(1, x(to) - x(from)).toFixed(1), y: TOP, height: BAND }) : null);
  const { counted, ahead } = open(told), edge = Math.min(now, end);
  svg.append(draw("rect", { class: "t-shut", x: x(start), width: x(end) - x(start), y: TOP, height: BAND }));
  for (const [from, to] of ahead.slice(0, MOST)) if (to > edge) put(svg, bar(Math.max(from, edge), to, "t-ahead"));
  for (const [from, to] of counted.slice(-MOST)) put(svg, bar(from, to, "t-open"));
  for (const one of told.segments) if (one.state === "paused") put(svg, bar(Date.parse(one.from), Date.parse(one.to), "t-pause"));
  axis(svg, start, end, x, width, zone);
  happened(svg, events, start, end, x);
  const promised = told.deadline ? Date.parse(told.deadline.to) : null, broken = told.breach ? Date.parse(told.breach.at) : null;
  if (promised !== null && promised !== broken) mark(svg, promised, x, width, say("line.deadline"), "t-deadline", 0);
  if (broken !== null) mark(svg, broken, x, width, say("line.breach"), "t-breach", 0);
  if (["running", "paused"].includes(told.state)) mark(svg, now, x, width, cut ? say("line.now_later", { time: words.away(now - (broken ?? promised)).replace(/^[^\d]*/, "") }) : say("line.now"), "t-now", 1);
  return svg;
}

const put = (svg, one) => one && svg.append(one);

// A line with a word above it, which stays inside.
function mark(svg, at, x, width, said, kind, lane) {
  const place = x(at), anchor = place < 60 ? "start" : place > width - 90 ? "end" : "middle";
  const nudge = anchor === "start" ? -2 : anchor === "end" ? 2 : 0;
  svg.append(draw("line", { class: kind, x1: place, x2: place, y1: lane ? 31 : 16, y2: AXIS - 16 }),
    draw("text", { class: kind, x: place + nudge, y: lane ? 28 : 12, "text-anchor": anchor }, said));
}

// The events by number, as in the list below; those that would hide each other lie in two rows.
function happened(svg, events, start, end, x) {
  let last = [-APART, -APART];
  events.forEach((one, number) => {
    const at = Date.parse(one.time);
    if (at < start || at > end || number >= MOST) return;
    const place = x(at), row = place - last[0] >= APART ? 0 : 1;
    if (row && place - last[1] < APART) return;
    last[row] = place;
    const y = EVENTS + row * 15;
    svg.append(draw("line", { class: "t-stem", x1: place, x2: place, y1: TOP, y2: y - 6 }), draw("circle", { class: "t-event", cx: place, cy: y, r: 7 }),
      draw("text", { class: "t-number", x: place, y: y + 3.5, "text-anchor": "middle" }, String(number + 1)));
  });
}

function axis(svg, start, end, x, width, zone) {
  const step = STEPS.find(one => (end - start) / one <= width / 90) || STEPS.at(-1), far = step >= DAY;
  const shift = offset(start, zone);
  let before = -Infinity;
  for (let at = Math.ceil((start + shift) / step) * step - shift; at < end; at += step) {
    const place = x(at);
    svg.append(draw("line", { class: "t-tick", x1: place, x2: place, y1: TOP + BAND, y2: TOP + BAND + 4 }));
    if (place - before < 60 || place > width - 30 || place < 24) continue;
    before = place;
    const midnight = !far && words.day(at, zone) !== words.day(at - 1, zone);
    svg.append(draw("text", { class: "t-label", x: place, y: AXIS + 10, "text-anchor": "middle" }, words.tick(at, far || midnight, zone)));
  }
}

// Give how far a zone's clocks are from UTC at an instant, in ms, so that ticks fall on its hours.
function offset(at, timeZone) {
  const told = new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" })
    .formatToParts(at).reduce((all, { type, value }) => ({ ...all, [type]: Number(value) }), {});
  return Date.UTC(told.year, told.month - 1, told.day, told.hour, told.minute, told.second) - Math.floor(at / 1000) * 1000;
}

function alt(told, now) {
  const end = told.breach ? say("line.alt_breach", { time: words.moment(Date.parse(told.breach.at), words.zoneOf(told.terms.time_zone)) })
    : told.deadline ? say("line.alt_deadline", { time: words.moment(Date.parse(told.deadline.to), words.zoneOf(told.terms.time_zone)) }) : say("line.alt_none");
  return say("line.alt", { start: words.moment(Date.parse(told.started_at), words.zoneOf(told.terms.time_zone)), now: words.moment(now, words.zoneOf(told.terms.time_zone)), end });
}

function legend(told) {
  const kinds = ["open", ...(told.deadline && told.state === "running" && !told.breach ? ["ahead"] : []), ...(told.segments.some(one => one.state === "paused") ? ["pause"] : []), "shut"];
  return make("figcaption", {}, kinds.map(one => make("span", {}, draw("svg", { width: 14, height: 10, "aria-hidden": "true" }, draw("rect", { class: `t-${one}`, width: 14, height: 10 })), say(`line.${one}`))),
    make("span", {}, say("line.event")), make("span", {}, words.zoned(words.zoneOf(told.terms.time_zone))));
}
