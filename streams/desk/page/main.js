// The page: what the worker tells goes to its places; what the reader wants goes into the address.

import { at, attribute, make, text } from "./dom.js";
import * as feed from "./feed.js";
import * as filters from "./filters.js";
import * as keys from "./keys.js";
import * as list from "./list.js";
import * as queries from "./query.js";
import { Stream } from "./stream.js";
import * as sums from "./sums.js";
import * as time from "./time.js";
import * as why from "./why.js";
import * as words from "./words.js";

const { say, word } = words;
const TURN = 1000;

let query = queries.read(), anew = true, link = "lost", state = null;

function took(told) {
  time.heard(Date.parse(told.as_of), told.clock_rate);
  sums.take(told, query);
  filters.take(told.facets);
  list.take(told, query, anew);
  anew = false;
  why.heard(told.tickets);
  const { all, shown } = told.partitions;
  text(at("partitions"), shown < all ? say("foot.some", { shown, n: all }) : say("foot.all", { n: all }));
  at("partitions").classList.toggle("late", shown < all);
  const fast = told.clock_rate !== 1;
  text(at("pace"), fast ? say("page.pace", { n: told.clock_rate }) : "");
  second();
}

// Show how the connection and the worker are; words only where something is amiss.
function connection() {
  const up = link === "up", ready = up && state?.ready;
  text(at("link"), !up ? say(time.known() ? "link.lost" : "link.seeking") : state ? (ready ? say("link.live") : word("states", state.state)) : say("link.seeking"));
  at("state").className = `pill ${ready ? "kept" : up ? "risk" : "late"}`;
  const said = at("said"), amiss = !up && time.known() ? say("link.counting") : up && state && !state.ready ? say("link.not_ready", { reason: state.reason }) : "";
  text(said, amiss);
  said.hidden = !amiss;
}

function ask(other) {
  query = other;
  queries.keep(query);
  anew = true;
  attribute(at("json"), "href", `/api/list?${queries.params(query)}`);
  attribute(at("lang"), "href", language());
  stream.open(`/api/stream?${queries.params(query)}`);
}

// Give the address of this view in the other language.
function language() {
  const told = new URLSearchParams(location.search);
  told.set("lang", words.other);
  return `?${told}${location.hash}`;
}

// A second passes: everything that hangs on time alone.
function second() {
  if (!time.known()) return;
  const now = time.now();
  text(at("now"), words.clock(now));
  attribute(at("now"), "title", words.full(now));
  list.count();
  why.count();
}

const stream = new Stream({
  list: took,
  rates: sums.rates,
  fact: fact => { feed.take(fact); why.said(fact.ticket); },
  state: told => { state = told; connection(); },
  link: how => { link = how; connection(); },
});

words.fill(document);
document.title = say("page.title");
at("lang").append(make("span", { lang: words.other }, say("page.other")));
at("lang").hreflang = words.other;
sums.start(filters.only);
filters.start(query, ask);
list.start(by => { ask({ ...query, page: query.page + by }); at("list").scrollIntoView(); });
feed.start();
why.start();
keys.start();
connection();
ask(query);
addEventListener("hashchange", () => attribute(at("lang"), "href", language()));
setInterval(second, TURN);
document.body.classList.add("there");
