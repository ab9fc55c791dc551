// The worker's clock, counted on between two of its messages; and what counts with it.

let base = null, rate = 1;

const STEP = 10000;
const elapsed = () => performance.now();

// Hear what the clock showed. A message that took its time shows an older one, so the latest holds,
// unless the clock was set.
export function heard(asOf, clockRate) {
  const shift = asOf - elapsed() * clockRate;
  if (base === null || clockRate !== rate || shift > base || base - shift > STEP * Math.max(1, rate)) base = shift;
  rate = clockRate;
}

export const known = () => base !== null;
export const pace = () => rate;

// Give the instant that it shows, in ms UTC.
export const now = () => base + elapsed() * rate;

// Give the active seconds of a clock at an instant, from what it was when it was told. The schedule
// opens or closes at `changes_at`; what it does after that is told in time.
export function elapsedAt(clock, toldAt, instant) {
  const flip = clock.changes_at === null ? Infinity : Date.parse(clock.changes_at);
  if (clock.state !== "running") return clock.elapsed_seconds;
  const counted = clock.counting ? Math.min(instant, flip) - toldAt : Math.max(0, instant - Math.max(flip, toldAt));
  return clock.elapsed_seconds + Math.max(0, counted) / 1000;
}

// Say whether its schedule is open at an instant.
export function opensAt(clock, instant) {
  const flip = clock.changes_at === null ? Infinity : Date.parse(clock.changes_at);
  return clock.counting ? instant < flip : instant >= flip;
}
