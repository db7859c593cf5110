// The last hour of a signal as a small line: from the plot (M4), continued by what comes live. Pure.
import type { Schemas } from '../api/client';
import { qualityOf } from './format';
import { msOf } from './time';

export type SparkPoint = { ms: number; value: number; bad: boolean };
export type Box = { from: number; to: number; width: number; height: number };

// No signal is stale before, and each is behind.
export const STALE_MS_MIN = 10_000;
export const STALE_MS_SELDOM = 3_600_000;
const STALE_INTERVALS = 5;

export function pointsOf(plot: Pick<Schemas['Plot'], 'columns'>): SparkPoint[] {
  return plot.columns.flatMap((column) => {
    const bad = qualityOf(column.quality) === 'bad';
    const points = [column.first, column.min, column.max, column.last].map(([time, value]) => ({
      ms: msOf(String(time)),
      value: Number(value),
      bad,
    }));
    points.sort((a, b) => a.ms - b.ms);
    return points.filter((point, i) => Number.isFinite(point.value) && point.ms !== points[i - 1]?.ms);
  });
}

// After how long without a sample a signal is stale: five times as long as it usually takes. Of one that seldom comes
// nothing is known; an hour is long then.
export function staleAfterMs(plot: Pick<Schemas['Plot'], 'columns'>): number {
  const count = plot.columns.reduce((sum, column) => sum + column.count, 0);
  const first = plot.columns[0];
  const last = plot.columns.at(-1);
  if (!first || !last || count < 3) return STALE_MS_SELDOM;
  const interval = (msOf(String(last.last[0])) - msOf(String(first.first[0]))) / (count - 1);
  return Math.min(STALE_MS_SELDOM, Math.max(STALE_MS_MIN, STALE_INTERVALS * interval));
}

// Adds a newer point in its place. Of each bucket of time at most four are kept, the first, the least, the greatest and the
// last, as a plot has them: the line looks the same, and an hour of ten values a second stays small.
export function appendPoint(points: SparkPoint[], point: SparkPoint, bucketMs: number) {
  const bucket = Math.floor(point.ms / bucketMs);
  let from = points.length;
  while (from > 0 && Math.floor((points[from - 1] as SparkPoint).ms / bucketMs) === bucket) from -= 1;
  points.push(point);
  if (points.length - from <= 4) return;
  const inner = points.slice(from + 1, -1);
  const least = inner.reduce((a, b) => (b.value < a.value ? b : a));
  const greatest = inner.reduce((a, b) => (b.value > a.value ? b : a));
  const kept = inner.filter((one) => one === least || one === greatest);
  points.splice(from + 1, inner.length, ...kept);
}

// Where two points are further apart, nothing was measured between them.
function gapMs(points: readonly SparkPoint[], box: Box): number {
  const steps = points.slice(1).map((point, i) => point.ms - (points[i]?.ms ?? 0));
  steps.sort((a, b) => a - b);
  return Math.max((box.to - box.from) / 20, 5 * (steps[Math.floor(steps.length / 2)] ?? 0));
}

// SVG paths: the line, and marks at the ground where the quality was bad. The line fills the box; with `ground` its lowest
// value is at most that.
export function sparkPaths(
  points: readonly SparkPoint[],
  box: Box,
  stepped: boolean,
  ground = Infinity,
): { line: string; bad: string } {
  const seen = points.filter((point) => point.ms >= box.from && point.ms <= box.to);
  const good = seen.filter((point) => !point.bad);
  const low = Math.min(ground, ...good.map((point) => point.value));
  const high = Math.max(...good.map((point) => point.value));
  const x = (ms: number) => (((ms - box.from) / (box.to - box.from)) * box.width).toFixed(1);
  const y = (value: number) => {
    const share = high > low ? (value - low) / (high - low) : value === ground ? 0 : 0.5;
    return (box.height - 3 - share * (box.height - 5)).toFixed(1);
  };
  const gap = gapMs(seen, box);
  let line = '';
  let bad = '';
  let last: SparkPoint | undefined;
  for (const point of seen) {
    if (point.bad) {
      bad += `M${x(point.ms)} ${box.height}v-3`;
      last = undefined;
      continue;
    }
    const joined = last && point.ms - last.ms <= gap;
    if (!joined) line += `M${x(point.ms)} ${y(point.value)}h0.1`;
    else line += stepped ? `H${x(point.ms)}V${y(point.value)}` : `L${x(point.ms)} ${y(point.value)}`;
    last = point;
  }
  return { line, bad };
}
