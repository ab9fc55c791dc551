// A row of the list: a ticket, its clock that is next, and how much is left of it at this moment.

import { attribute, icon, iconAs, make, name, share, text } from "./dom.js";
import { elapsedAt, opensAt } from "./time.js";
import { address } from "./route.js";
import * as words from "./words.js";

const { say, word } = words;
const MINUTE = 60000, TIMES = 10;

export const late = (clock, now) => (clock.deadline === null ? clock.overdue : Date.parse(clock.deadline) < now);

function standing(clock, now) {
  if (late(clock, now)) return "late";
  if (clock.state === "paused") return "paused";
  if (!opensAt(clock, now)) return clock.at_risk ? "risk" : "closed";
  return clock.at_risk ? "risk" : "calm";
}

export class Row {
  constructor() {
    this.link = make("a", { class: "id" });
    this.about = make("span", { class: "about" });
    this.metric = make("b");
    this.policy = make("span", { class: "about" });
    this.others = make("span", { class: "others" });
    this.left = make("b", { class: "left" });
    this.icon = icon("calm");
    this.word = make("span");
    this.bar = make("div", { class: "bar", role: "meter", "aria-valuemin": "0", "aria-valuemax": "100" }, make("i"));
    this.used = make("span", { class: "about" });
    this.deadline = make("time");
    this.far = make("span", { class: "about" });
    this.element = make("tr", {},
      make("td", { class: "c-ticket" }, make("bdi", {}, this.link), this.about),
      make("td", { class: "c-promise" }, this.metric, make("span", { class: "under" }, this.policy, this.others)),
      make("td", { class: "c-left" }, this.left, make("span", { class: "state" }, this.icon, this.word)),
      make("td", { class: "c-used" }, this.bar, this.used),
      make("td", { class: "c-deadline" }, this.deadline, this.far));
    this.element.row = this;
  }

  // Take what was told of the ticket; `only` decides which of its clocks matters.
  tell(ticket, toldAt, now, only) {
    this.ticket = ticket;
    this.toldAt = toldAt;
    this.only = only;
    if (this.link.textContent !== ticket.ticket) {
      this.link.textContent = this.link.title = ticket.ticket;
      this.link.href = address(ticket.ticket);
    }
    const subject = ["team", "priority", "tier"].map(one => ticket[one]);
    const about = JSON.stringify(subject);
    if (this.aboutIs !== about) {
      this.aboutIs = about;
      this.about.replaceChildren(...subject.flatMap((value, place) =>
        (value === null || value === "" ? [] : [name(value, ["team", "priority", "tier"][place])])));
    }
    this.gone(false);
    this.count(now);
  }

  gone(is) {
    this.isGone = is;
    this.element.classList.toggle("gone", is);
  }

  clock(now) {
    const clocks = this.ticket.clocks;
    return (this.only === "ahead" && clocks.find(one => one.deadline !== null && !late(one, now))) || clocks[0];
  }

  // Show how it stands at an instant.
  count(now) {
    const clock = this.clock(now), how = standing(clock, now);
    const elapsed = elapsedAt(clock, this.toldAt, now), target = clock.target_seconds;
    const used = target ? elapsed / target : 1, open = opensAt(clock, now);
    const still = clock.state === "running" && !open;
    const look = `${how}${clock.state === "paused" ? " still" : ""}${still ? " shut" : ""}`;
    if (this.look !== look) {
      this.look = look;
      this.element.className = look;
      this.element.classList.toggle("gone", Boolean(this.isGone));
      iconAs(this.icon, how);
    }
    text(this.metric, word("metrics", clock.metric));
    this.promise(clock);
    text(this.left, words.amount(target - elapsed));
    text(this.word, this.isGone ? say("row.gone") : this.saying(clock, how, still));
    share(this.bar.firstChild, used);
    attribute(this.bar, "aria-valuenow", String(Math.min(100, Math.floor(used * 100))));
    const part = used < TIMES ? say("row.used", { share: words.used(used), target: words.amount(target) })
      : say("row.times", { n: Math.floor(used), target: words.amount(target) });
    attribute(this.bar, "aria-valuetext", part);
    attribute(this.bar, "aria-label", say("list.used"));
    text(this.used, part);
    this.until(clock, now, target - elapsed);
    this.rest(clock, now);
  }

  saying(clock, how, still) {
    const said = [say(`row.${how === "closed" ? "calm" : how}`)];
    if (how === "late" && clock.state === "paused") said.push(say("row.paused"));
    if (still) said.push(clock.changes_at === null || clock.counting ? say("row.closed")
      : say("row.closed_until", { time: words.when(Date.parse(clock.changes_at), this.toldAt) }));
    return (how === "closed" ? said.slice(1) : said).join(say("form.list"));
  }

  promise(clock) {
    const key = `${clock.kind} ${clock.policy}`;
    if (this.policyIs === key) return;
    this.policyIs = key;
    this.policy.replaceChildren(name(clock.policy));
    if (clock.kind === "olo") this.policy.append(make("span", { class: "tag", title: word("kinds", "olo") }, say("row.olo")));
  }

  until(clock, now, left) {
    const at = clock.deadline === null ? null : Date.parse(clock.deadline);
    text(this.deadline, at === null ? say("row.no_deadline") : words.when(at, now));
    attribute(this.deadline, "datetime", clock.deadline);
    attribute(this.deadline, "title", at === null ? null : words.full(at));
    // Where closed hours lie between, what is left on the wall is another number.
    const apart = at !== null && Math.abs(at - now - left * 1000) > MINUTE;
    text(this.far, apart ? words.away(at - now) : "");
  }

  rest(clock, now) {
    const others = this.ticket.clocks.filter(one => one !== clock);
    const missed = others.filter(one => late(one, now)).length;
    const said = others.length ? say(missed ? "row.others_late" : "row.others", { n: others.length, late: missed }) : "";
    text(this.others, said);
    if (said && this.othersIs !== this.ticket.clocks) {
      this.othersIs = this.ticket.clocks;
      this.others.title = others.map(one => `${word("metrics", one.metric)} · ${one.policy} (${one.kind})`).join("\n");
    }
  }
}
