// What is looked at: filters, search and place in the list. All of it stands in the address, so that
// a view can be kept and handed on.

export const FILTERS = ["team", "policy", "priority", "tier"];
export const ONLY = ["all", "ahead", "overdue", "at_risk"];
export const LIMIT = 100;

export function read() {
  const told = new URLSearchParams(location.search), only = told.get("only"), page = Number(told.get("page"));
  return {
    only: ONLY.includes(only) ? only : ONLY[0],
    q: (told.get("q") || "").slice(0, 200),
    page: Number.isInteger(page) && page > 1 && page * LIMIT <= 1e6 ? page : 1,
    ...Object.fromEntries(FILTERS.map(one => [one, told.getAll(one)])),
  };
}

export const isFiltered = query => Boolean(query.q) || FILTERS.some(one => query[one].length);

function written(query) {
  const told = new URLSearchParams();
  if (query.only !== ONLY[0]) told.set("only", query.only);
  for (const one of FILTERS) for (const value of query[one]) told.append(one, value);
  if (query.q) told.set("q", query.q);
  return told;
}

// Write a view into the address.
export function keep(query) {
  const told = written(query), lang = new URLSearchParams(location.search).get("lang");
  if (query.page > 1) told.set("page", query.page);
  if (lang) told.set("lang", lang);
  history.replaceState(history.state, "", `${location.pathname}${told.size ? "?" : ""}${told}${location.hash}`);
}

// Give the parameters by which the worker is asked.
export function params(query) {
  const told = written(query);
  told.set("limit", LIMIT);
  if (query.page > 1) told.set("offset", (query.page - 1) * LIMIT);
  return told;
}
