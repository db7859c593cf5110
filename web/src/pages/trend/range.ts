// Arithmetic of visible ranges, in milliseconds since 1970. Pure.
export type Bounds = { from: number; to: number };

export const SPAN_MS_MIN = 20;
export const SPAN_MS_MAX = 200 * 31_557_600_000;
// The node's times are 64 bits of nanoseconds: the years 1678 to 2261.
const TIME_MIN = -9_214_560_000_000;
const TIME_MAX = 9_214_560_000_000;

export function limited({ from, to }: Bounds): Bounds {
  const span = Math.min(Math.max(to - from, SPAN_MS_MIN), SPAN_MS_MAX);
  const middle = (from + to) / 2;
  const start = Math.min(Math.max(middle - span / 2, TIME_MIN), TIME_MAX - span);
  return { from: start, to: start + span };
}

// By parts of what is visible; 1 is a whole screen to later times.
export function panned({ from, to }: Bounds, part: number): Bounds {
  const by = (to - from) * part;
  return limited({ from: from + by, to: to + by });
}

// A factor below 1 shows less; `at` (0 left to 1 right) stays where it is.
export function zoomed({ from, to }: Bounds, factor: number, at = 0.5): Bounds {
  const span = Math.min(Math.max((to - from) * factor, SPAN_MS_MIN), SPAN_MS_MAX);
  const still = from + (to - from) * at;
  return limited({ from: still - span * at, to: still + span * (1 - at) });
}

// Two fingers: what was below them stays below them. All as parts of the width.
export function pinched(start: Bounds, was: [number, number], is: [number, number]): Bounds {
  const span = start.to - start.from;
  const [a, b] = was.map((part) => start.from + span * part) as [number, number];
  const apart = is[1] - is[0];
  if (Math.abs(apart) < 0.01) return start;
  const wanted = (b - a) / apart;
  if (!(wanted > 0)) return start;
  return limited({ from: a - is[0] * wanted, to: a - is[0] * wanted + wanted });
}

// How far a zone is from UTC at a time, in milliseconds.
function offsetOf(ms: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-u-hc-h23', {
    timeZone: zone, year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
  }).formatToParts(ms);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  const wall = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return wall - Math.floor(ms / 1000) * 1000;
}

// "2026-01-31T08:00" as a clock on the wall of that zone shows it. A time that a change of clocks leaves out or has twice
// is taken with the offset from before the change, which always gives one that exists.
export function msOfWall(text: string, zone: string): number | undefined {
  const asUtc = Date.parse(`${text}Z`);
  if (Number.isNaN(asUtc)) return undefined;
  const guess = asUtc - offsetOf(asUtc, zone);
  const before = offsetOf(guess - 86_400_000, zone);
  const once = asUtc - before;
  return offsetOf(once, zone) === before ? once : asUtc - offsetOf(once, zone);
}

export function wallOf(ms: number, zone: string): string {
  const shifted = ms + offsetOf(ms, zone);
  return new Date(shifted).toISOString().slice(0, 19);
}
