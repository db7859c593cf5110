// A signal's data as it is drawn: columns in the order of time, made of raw samples (one each) or of M4 (up to four points
// of many samples). Pure.
import type { Schemas, Value } from '../../api/client';
import { qualityOf } from '../../lib/format';
import { msOf } from '../../lib/time';
import type { Bounds } from './range';

export type Point = { t: number; v: number };
export type Older = { value: Value; quality: number };
export type Column = {
  points: readonly Point[];  // ascending, at least one
  count: number;
  quality: number;  // the worst
  // Of a raw sample only:
  value?: Value;
  ns?: string;
  older?: readonly Older[];  // what it was before it was revised
};

export const startOf = (column: Column) => (column.points[0] as Point).t;
export const endOf = (column: Column) => (column.points[column.points.length - 1] as Point).t;

export function numberOf(value: Value): number {
  return typeof value === 'string' && value.trim() === '' ? NaN : Number(value);
}

export function columnOf(ns: string, value: Value, quality: number): Column {
  return { points: [{ t: msOf(ns), v: numberOf(value) }], count: 1, quality, value, ns };
}

export function columnsOfPlot(plot: Schemas['Plot']): Column[] {
  return plot.columns.map(({ first, min, max, last, count, quality }) => {
    const points = [first, min, max, last]
      .map(([time, value]) => ({ t: msOf(time), v: numberOf(value) }))
      .sort((a, b) => a.t - b.t)
      .filter((point, i, all) => i === 0 || point.t !== all[i - 1]?.t);
    return { points, count, quality };
  });
}

// Samples with all their revisions: of each time the last to arrive counts, the others are remembered where they differ.
export function columnsOfRaw(samples: readonly Schemas['Sample'][]): Column[] {
  const columns: Column[] = [];
  for (const [ns, value, quality] of samples) {
    const last = columns[columns.length - 1];
    if (last?.ns !== ns) {
      columns.push(columnOf(ns, value, quality));
      continue;
    }
    const same = last.value === value && last.quality === quality;
    const older = same ? last.older : [...(last.older ?? []), { value: last.value as Value, quality: last.quality }];
    columns[columns.length - 1] = { ...columnOf(ns, value, quality), ...(older ? { older } : {}) };
  }
  return columns;
}

// Those that touch the range, found by halving.
export function within(columns: readonly Column[], { from, to }: Bounds): Column[] {
  const first = firstWhere(columns, (column) => endOf(column) >= from);
  const behind = firstWhere(columns, (column) => startOf(column) >= to);
  return columns.slice(first, Math.max(first, behind));
}

export function firstWhere(columns: readonly Column[], is: (column: Column) => boolean): number {
  let low = 0;
  let high = columns.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (is(columns[middle] as Column)) high = middle;
    else low = middle + 1;
  }
  return low;
}

const GAP_FACTOR = 5;

// From which distance on two samples are no neighbours: five times the median distance in view. The median, because one
// outage must not make itself look usual; five, because clocks jitter and a single lost sample is no outage. Samples
// inside a column of M4 are taken to be evenly spread, and are weighed by their number. With fewer than three distances
// nothing is usual, and nothing breaks.
export function gapOf(columns: readonly Column[]): number {
  const spacings: { ms: number; weight: number }[] = [];
  let all = 0;
  columns.forEach((column, i) => {
    const next = columns[i + 1];
    const inner = column.count - 1;
    if (inner > 0) spacings.push({ ms: (endOf(column) - startOf(column)) / inner, weight: inner });
    if (next) spacings.push({ ms: startOf(next) - endOf(column), weight: 1 });
    all += Math.max(0, inner) + (next ? 1 : 0);
  });
  if (all < 3) return Infinity;
  spacings.sort((a, b) => a.ms - b.ms);
  let passed = 0;
  for (const { ms, weight } of spacings) {
    passed += weight;
    if (passed * 2 >= all) return ms * GAP_FACTOR;
  }
  return Infinity;
}

// A piece of line: joined points, all trusted alike.
export type Piece = { points: Point[]; dashed: boolean };

// Where the line goes: it breaks at gaps, at bad quality and where there is no number; it is dashed where it is uncertain.
// A stepped signal holds its value until the next sample, so for it no distance is a gap; only quality breaks it.
export function piecesOf(columns: readonly Column[], stepped: boolean, gap = gapOf(columns)): Piece[] {
  const pieces: Piece[] = [];
  let piece: Piece | undefined;
  let end: Point | undefined;
  for (const column of columns) {
    const quality = qualityOf(column.quality);
    const finite = column.points.filter(({ v }) => Number.isFinite(v));
    const first = finite[0];
    if (quality === 'bad' || !first) {
      // What was held ends where the first bad sample says so.
      if (stepped && piece && end) piece.points.push({ t: startOf(column), v: end.v });
      piece = end = undefined;
      continue;
    }
    const dashed = quality === 'uncertain';
    const joined = piece !== undefined && end !== undefined && (stepped || first.t - end.t <= gap);
    if (!joined || piece?.dashed !== dashed) {
      // A change of trust is no break: the new piece begins where the old one ends.
      piece = { points: joined && end ? [end] : [], dashed };
      pieces.push(piece);
    }
    let held = joined ? end : undefined;
    for (const point of finite) {
      if (stepped && held && held.v !== point.v) piece?.points.push({ t: point.t, v: held.v });
      piece?.points.push(point);
      held = end = point;
    }
  }
  return pieces;
}

export type Extent = { low: number; high: number };

export function extentOf(columns: readonly Column[]): Extent | undefined {
  let low = Infinity;
  let high = -Infinity;
  for (const { points } of columns) {
    for (const { v } of points) {
      if (v < low && v !== -Infinity) low = v;
      if (v > high && v !== Infinity) high = v;
    }
  }
  return low <= high ? { low, high } : undefined;
}

export type Stats = { count: number; exact: boolean; min: number; max: number; last: Column };

// Of the samples in the range. Of a column of M4 that lies across its edge nobody knows how many are inside: then the count
// is not exact, and the extremes are those of its points inside. Bad samples count, but are not computed with.
export function statsOf(columns: readonly Column[], { from, to }: Bounds): Stats | undefined {
  let exact = true;
  const inside = columns.flatMap((column) => {
    if (startOf(column) >= from && endOf(column) < to) return [column];
    const points = column.points.filter(({ t }) => t >= from && t < to);
    exact &&= points.length === 0;
    return points.length > 0 ? [{ ...column, points }] : [];
  });
  const last = inside[inside.length - 1];
  if (!last) return undefined;
  const trusted = inside.filter(({ quality }) => qualityOf(quality) !== 'bad');
  const extent = extentOf(trusted);
  return {
    count: inside.reduce((total, { count }) => total + count, 0),
    exact,
    min: extent?.low ?? NaN,
    max: extent?.high ?? NaN,
    last,
  };
}

export type Reading = { column: Column; point: Point };

// The sample nearest to a time; of a stepped signal the one that holds then.
export function nearest(columns: readonly Column[], t: number, stepped: boolean): Reading | undefined {
  const at = firstWhere(columns, (column) => endOf(column) >= t);
  let best: Reading | undefined;
  for (const column of columns.slice(Math.max(0, at - 1), at + 2)) {
    for (const point of column.points) {
      if (stepped ? point.t <= t : !best || Math.abs(point.t - t) < Math.abs(best.point.t - t)) best = { column, point };
    }
  }
  return best;
}

// The sample before or behind a time, for the keyboard's steps.
export function neighbour(columns: readonly Column[], t: number, forward: boolean): number | undefined {
  const at = firstWhere(columns, (column) => (forward ? endOf(column) > t : endOf(column) >= t));
  if (forward) return columns[at]?.points.find((point) => point.t > t)?.t;
  const points = [...(columns[at - 1]?.points ?? []), ...(columns[at]?.points ?? [])].filter((point) => point.t < t);
  return points[points.length - 1]?.t;
}
