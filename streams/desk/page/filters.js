// The filters above the list: what is shown, by which values, and the search.

import { at, attribute, make, name, text } from "./dom.js";
import { FILTERS, ONLY, isFiltered } from "./query.js";
import { say } from "./words.js";

const WAIT = 250;
const picks = {};
let query, changed;

export function start(first, change) {
  query = first;
  changed = change;
  for (const one of ONLY) {
    const radio = make("input", { type: "radio", name: "only", value: one, checked: query.only === one,
      change: () => ask({ only: one }) });
    at("only").append(make("label", {}, radio, make("span", {}, say(`only.${one}`))));
  }
  for (const one of FILTERS) at("picks").append((picks[one] = new Pick(one)).element);
  const q = at("q");
  let timer = 0;
  q.value = query.q;
  q.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => ask({ q: q.value.trim() }), WAIT); });
  at("filters").addEventListener("submit", event => event.preventDefault());
  at("clear").addEventListener("click", () => {
    q.value = "";
    ask({ q: "", ...Object.fromEntries(FILTERS.map(one => [one, []])) });
    q.focus();
  });
  document.addEventListener("click", event => shut(event.target));
  show();
}

// Take another view than was chosen here.
export function only(value) {
  document.querySelector(`#only [value=${value}]`).click();
}

function ask(other) {
  query = { ...query, ...other, page: 1 };
  show();
  changed(query);
}

function show() {
  at("clear").hidden = !isFiltered(query);
  for (const pick of Object.values(picks)) pick.show();
}

// Take the values that there are, with their tickets.
export function take(facets) {
  for (const [one, pick] of Object.entries(picks)) pick.take(facets[one]);
}

// Close what is open, but for where `target` lies. Say whether something was.
export function shut(target = null) {
  const open = Object.values(picks).filter(pick => pick.element.open && !pick.element.contains(target));
  for (const pick of open) {
    const inside = pick.element.contains(document.activeElement);
    pick.element.open = false;
    if (inside) pick.element.firstChild.focus();
  }
  return open.length > 0;
}

class Pick {
  constructor(one) {
    this.one = one;
    this.boxes = new Map();
    this.count = make("b", { class: "count" });
    this.list = make("fieldset", {}, make("legend", { class: "unseen" }, say(`filter.${one}`)));
    this.element = make("details", { class: "pick" }, make("summary", {}, say(`filter.${one}`), this.count), this.list);
  }

  take(values) {
    const told = new Map(values);
    for (const value of query[this.one]) if (!told.has(value)) told.set(value, 0);
    for (const [value, box] of this.boxes) if (!told.has(value)) { box.label.remove(); this.boxes.delete(value); }
    for (const [value, n] of told) {
      if (!this.boxes.has(value)) this.add(value);
      const box = this.boxes.get(value);
      text(box.count, say("form.number", { n }));
    }
    // While it is open, its values keep their places.
    if (!this.element.open) for (const value of told.keys()) this.list.append(this.boxes.get(value).label);
    attribute(this.element, "data-empty", told.size ? null : "");
  }

  add(value) {
    const input = make("input", { type: "checkbox", value, checked: query[this.one].includes(value), change: () => this.choose() });
    const count = make("span", { class: "quiet n" });
    const said = value === "" ? make("span", { class: "quiet" }, say("filter.without")) : name(value);
    const label = make("label", {}, input, said, count);
    this.boxes.set(value, { input, count, label });
    this.list.append(label);
  }

  choose() {
    ask({ [this.one]: [...this.boxes].filter(([, box]) => box.input.checked).map(([value]) => value) });
  }

  show() {
    const chosen = query[this.one];
    text(this.count, chosen.length ? say("form.number", { n: chosen.length }) : "");
    for (const [value, { input }] of this.boxes) input.checked = chosen.includes(value);
  }
}
