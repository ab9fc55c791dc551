// The reader's language: texts from a catalogue, numbers and dates by the browser.
//
// Every language has a catalogue, xx.json, with the same keys; no text stands elsewhere. Where a
// number decides, a text is an object of its forms, and `n` chooses.

const LANGUAGES = ["en", "fr"];
const MINUS = "\u2212", SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

const asked = new URLSearchParams(location.search).get("lang");
const wanted = [asked, ...navigator.languages].filter(Boolean).map(one => one.slice(0, 2).toLowerCase());
export const lang = wanted.find(one => LANGUAGES.includes(one)) || LANGUAGES[0];
export const other = LANGUAGES.find(one => one !== lang);
const locale = navigator.languages.find(one => one.toLowerCase().startsWith(lang)) || lang;
export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

const catalogue = await (await fetch(`/assets/${lang}.json`)).json();
const forms = new Intl.PluralRules(locale);
const whole = new Intl.NumberFormat(locale);
const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });

function template(key, n) {
  const [part, word] = key.split(".");
  const found = catalogue[part]?.[word];
  if (found === undefined) throw new Error(key);
  return typeof found === "string" ? found : (found[forms.select(n)] ?? found.other);
}

// Give a text. Values are filled in as text; a number is written as one.
export function say(key, values = {}) {
  return template(key, values.n).replace(/\{(\w+)\}/g, (_, name) => shown(values[name]));
}

// Give a text as parts, so that elements can stand in it.
export function parts(key, values = {}) {
  return template(key, values.n).split(/(\{\w+\})/).filter(Boolean)
    .map(part => (part.startsWith("{") ? shown(values[part.slice(1, -1)]) : part));
}

const shown = value => (typeof value === "number" ? whole.format(value) : value);

// Give the text of a word of the data's; what is unknown stands as it is.
export function word(part, value) {
  return catalogue[part]?.[value] ?? String(value).replaceAll("_", " ");
}

export const number = value => whole.format(value);

// A rate is cut off, not rounded: what is not kept must not look kept.
export function rate(met, breached) {
  const all = met + breached;
  return all ? percent.format(Math.floor((met * 1000) / all) / 1000) : say("rates.none");
}

export const share = value => percent.format(Math.round(value * 1000) / 1000);
export const used = value => percent.format(Math.floor(value * 100) / 100);

// Say an amount of time to the eye, in at most two units; hours are as many as there are, since
// active time has no days.
export function amount(seconds) {
  const rest = Math.floor(Math.abs(seconds)), sign = seconds < 0 && rest ? MINUS : "";
  const h = Math.floor(rest / 3600), m = Math.floor(rest / 60) % 60, s = rest % 60;
  const pair = (a, b, count) => (count ? `${a}\u00a0${b}` : a);
  if (h >= 100) return sign + say("form.hours", { n: h });
  if (h) return sign + pair(say("form.hours", { n: h }), say("form.minutes", { n: m }), m);
  if (m >= 10) return sign + say("form.minutes", { n: m });
  if (m) return sign + pair(say("form.minutes", { n: m }), say("form.seconds", { n: s }), s);
  return sign + say("form.seconds", { n: s });
}

// Say an amount exactly, to add it up by hand.
export function exact(seconds) {
  let rest = Math.round(Math.abs(seconds) * 1000);
  const said = [];
  for (const [unit, length] of [["hours", HOUR], ["minutes", MINUTE], ["seconds", SECOND], ["milliseconds", 1]]) {
    const n = Math.floor(rest / length);
    rest %= length;
    if (n) said.push(say(`form.${unit}`, { n }));
  }
  return (seconds < 0 ? MINUS : "") + (said.join("\u00a0") || say("form.minutes", { n: 0 }));
}

// Say how far away an instant is, on the wall.
export function away(ms) {
  const far = Math.abs(ms);
  const [unit, length] = far >= 2 * DAY ? ["day", DAY] : far >= HOUR ? ["hour", HOUR] : ["minute", MINUTE];
  return relative.format(Math.trunc(ms / length), unit);
}

const kept = new Map();
function formatted(at, options, timeZone = zone) {
  const key = JSON.stringify([options, timeZone]);
  if (!kept.has(key)) kept.set(key, new Intl.DateTimeFormat(locale, { ...options, timeZone }));
  return kept.get(key).format(at);
}

const TIME = { hour: "2-digit", minute: "2-digit" };
const DATE = { weekday: "short", day: "numeric", month: "short" };
const seconds = at => (at % SECOND ? { second: "2-digit", fractionalSecondDigits: 3 } : at % MINUTE ? { second: "2-digit" } : {});

export const day = (at, timeZone) => formatted(at, { year: "numeric", month: "2-digit", day: "2-digit" }, timeZone);
export const time = (at, timeZone) => formatted(at, { ...TIME, ...seconds(at) }, timeZone);
export const clock = at => formatted(at, { ...DATE, ...TIME, second: "2-digit" });
export const moment = (at, timeZone) => formatted(at, { ...DATE, year: "numeric", ...TIME, ...seconds(at) }, timeZone);
export const full = (at, timeZone) => formatted(at, { ...DATE, year: "numeric", ...TIME, second: "2-digit", timeZoneName: "long" }, timeZone);
export const tick = (at, far, timeZone) => formatted(at, far ? { day: "numeric", month: "short" } : TIME, timeZone);
export const weekday = (at, timeZone) => formatted(at, DATE, timeZone);

// Say an instant as briefly as it is clear now.
export function when(at, now) {
  const minute = Math.floor(at / MINUTE) * MINUTE;
  if (day(at) === day(now)) return say("form.today", { time: time(minute) });
  if (day(at) === day(now + DAY)) return say("form.tomorrow", { time: time(minute) });
  const far = Math.abs(at - now) > 300 * DAY;
  return formatted(at, { ...DATE, ...(far ? { year: "numeric" } : {}), ...TIME });
}

// Put the texts into a part of the document that names them.
export function fill(root) {
  document.documentElement.lang = lang;
  for (const one of root.querySelectorAll("[data-say]")) one.textContent = say(one.dataset.say);
  for (const one of root.querySelectorAll("[data-label]")) one.setAttribute("aria-label", say(one.dataset.label));
  for (const one of root.querySelectorAll("[data-hint]")) one.placeholder = say(one.dataset.hint);
  for (const one of root.querySelectorAll("[data-title]")) one.title = say(one.dataset.title);
}

// Give the zone in which a schedule's times are shown: its own, but where that is UTC the reader's,
// since what is open around the clock has no place.
export const zoneOf = timeZone => (/^(Etc\/)?(UTC|Zulu|Universal)$/.test(timeZone) ? zone : timeZone);

// Say an instant in a zone that is not the reader's with both times, so that it cannot be misread.
export function both(at, timeZone) {
  const named = one => formatted(at, { ...DATE, year: "numeric", ...TIME, ...seconds(at), timeZoneName: "short" }, one);
  return named(timeZone) === named(zone) ? moment(at, zone) : `${named(timeZone)} (${named(zone)})`;
}

// Say an instant where the day is today's mostly.
export const brief = (at, now) => (day(at) === day(now) ? time(Math.floor(at / MINUTE) * MINUTE) : when(at, now));

export const zoned = timeZone => say("form.zone", { zone: timeZone.replaceAll("_", " ") });
