// What a manager looks for: whether the promises hold, and how many tickets call for somebody.

import { at, attribute, icon, iconAs, make, name, share, text } from "./dom.js";
import { isFiltered } from "./query.js";
import * as words from "./words.js";

const { say, word } = words;
const WINDOWS = ["1d", "7d", "30d"];
const LONG = "30d";
const COUNTS = [["all", "calm"], ["overdue", "late"], ["at_risk", "risk"]];
const cards = new Map(), counts = new Map();

const held = (window, objective) => window.met >= objective * (window.met + window.breached);
const judged = window => window.met + window.breached > 0;

export function start(choose) {
  for (const one of WINDOWS) {
    const card = { rate: make("b", { class: "rate" }), icon: icon("none"), said: make("span"), counts: make("p", { class: "quiet" }),
      bar: make("div", { class: "gauge" }, make("i"), make("u")) };
    card.verdict = make("p", { class: "verdict" }, card.icon, card.said);
    card.element = make("section", { class: "card rate-card", "data-window": one },
      make("h3", {}, say(`rates.w${one}`)), card.rate, card.bar, card.verdict, card.counts);
    cards.set(one, card);
    at("windows").append(card.element);
  }
  for (const [one, drawn] of COUNTS) {
    const number = make("b"), button = make("button", { type: "button", class: `plain ${drawn}`, click: () => choose(one) }, number);
    counts.set(one, { number, button });
    at("counts").append(make("div", {}, make("dt", {}, drawn === "calm" ? null : icon(drawn), say(`counts.${one}`)), make("dd", {}, button)));
    attribute(button, "aria-label", say(`counts.${one}`));
  }
}

// Take the counts of a list.
export function take(told, query) {
  const numbers = { all: told.matched, overdue: told.overdue, at_risk: told.at_risk };
  for (const [one, { number, button }] of counts) {
    text(number, words.number(numbers[one]));
    attribute(button, "aria-label", `${say(`counts.${one}`)} ${words.number(numbers[one])}`);
    button.classList.toggle("zero", !numbers[one]);
    attribute(button, "title", isFiltered(query) ? say("counts.of", { n: told.total }) : null);
  }
  document.title = (told.overdue ? `(${words.number(told.overdue)}) ` : "") + say("page.title");
}

// Take the rates.
export function rates(told) {
  const promised = told.rows.filter(row => row.kind === "sla");
  for (const [one, card] of cards) show(card, told.all.windows[one], told.all.objective, broken(promised, one), promised.length);
  headline(promised);
  table(told.rows);
}

const broken = (rows, one) => rows.filter(row => row.objective !== null && judged(row.windows[one]) && !held(row.windows[one], row.objective));

function show(card, window, objective, below, all) {
  const any = judged(window), kept = any && !below.length && (objective === null || held(window, objective));
  const how = !any ? "none" : kept ? "kept" : "late";
  text(card.rate, words.rate(window.met, window.breached));
  card.element.className = `card rate-card ${how}`;
  iconAs(card.icon, how);
  text(card.said, !any ? say("rates.nothing") : kept ? say("rates.kept") : below.length && all > 1 ? say("rates.below", { n: below.length, all }) : say("rates.broken"));
  share(card.bar.firstChild, any ? window.met / (window.met + window.breached) : 0);
  card.bar.lastChild.hidden = objective === null;
  share(card.bar.lastChild, objective ?? 0);
  const numbers = say("rates.counts", { met: window.met, breached: window.breached });
  text(card.counts, objective === null ? numbers : `${numbers} · ${say("rates.objective", { rate: words.share(objective) })}`);
}

function headline(rows) {
  const some = rows.filter(row => judged(row.windows[LONG])), below = broken(rows, LONG), said = at("verdict");
  const how = !some.length ? "none" : below.length ? "late" : "kept";
  const key = !some.length ? "head.none" : below.length ? (rows.length > 1 ? "head.broken" : "head.broken_one") : rows.length > 1 ? "head.kept" : "head.kept_one";
  const told = say(key, { n: below.length || rows.length, all: rows.length });
  if (said.textContent === told && said.className === how) return;
  said.className = how;
  said.replaceChildren(icon(how), make("span", {}, told));
}

function table(rows) {
  const head = make("tr", {}, make("th", { scope: "col" }, say("list.promise")), make("th", { scope: "col", class: "n" }, say("rates.objective_head")),
    WINDOWS.map(one => make("th", { scope: "col", class: "n" }, say(`rates.w${one}`))));
  const body = rows.map(row => make("tr", {},
    make("th", { scope: "row" }, name(row.policy), ` · ${word("metrics", row.metric)}`, row.kind === "olo" ? make("span", { class: "tag" }, say("row.olo")) : null),
    make("td", { class: "n" }, row.objective === null ? say("rates.none") : words.share(row.objective)),
    WINDOWS.map(one => cell(row.windows[one], row.objective))));
  const made = make("table", {}, make("thead", {}, head), make("tbody", {}, body)), place = at("rates");
  if (!place.firstChild?.isEqualNode(made)) place.replaceChildren(made);
}

function cell(window, objective) {
  if (!judged(window)) return make("td", { class: "n quiet" }, say("rates.none"));
  const how = objective === null ? "" : held(window, objective) ? "kept" : "late";
  return make("td", { class: `n ${how}` }, how ? icon(how) : null, how === "late" ? make("span", { class: "unseen" }, say("rates.broken")) : null,
    make("b", {}, words.rate(window.met, window.breached)),
    make("span", { class: "about" }, say("rates.of", { met: window.met, all: window.met + window.breached })));
}
