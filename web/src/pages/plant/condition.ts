// How signals are right now, and what of it a person should look at: by area, worst first. Pure.
import type { Signal } from '../../api/client';
import type { LiveSample } from '../../api/live.svelte';
import { beyond } from '../../lib/band';
import { qualityOf } from '../../lib/format';
import { STALE_MS_MIN, STALE_MS_SELDOM } from '../../lib/spark';
import { pathsAbove, type TreeNode } from '../../lib/tree';

// Worst first; each is counted as the worst that it is.
export const ABNORMAL = ['bad', 'outside', 'stale', 'uncertain'] as const;
export type Abnormal = (typeof ABNORMAL)[number];
// Resting: no sample ever, or none for a week; somebody took it out of use, or it is history that was read in.
export type Condition = Abnormal | 'well' | 'resting';
export type Counts = Record<Abnormal | 'resting', number>;

export const RESTING_MS = 7 * 86_400_000;

export type Watched = {
  signal: Signal;
  sample?: LiveSample;
  ms: number;  // of the sample
  staleMs?: number;  // known only of those that had to be asked for
};
export type Finding = Watched & { sample: LiveSample; condition: Abnormal; far: number };
export type Area = { path: string; signals: number; counts: Counts; findings: Finding[] };

export const assetOf = (signal: string) => signal.slice(0, Math.max(0, signal.lastIndexOf('/')));

export function conditionOf({ signal, sample, ms, staleMs }: Watched, now: number): Condition {
  const age = now - ms;
  if (!sample || age > RESTING_MS) return 'resting';
  const quality = qualityOf(sample.quality);
  if (quality === 'bad') return 'bad';
  if (age > (staleMs ?? STALE_MS_SELDOM)) return 'stale';
  if (signal.type !== 'text' && beyond(Number(sample.value), signal.low, signal.high) > 0) return 'outside';
  return quality === 'uncertain' ? 'uncertain' : 'well';
}

// Whether nobody can say yet that it is fresh: it is older than a fast signal may be and younger than any may be.
export function isSuspect({ signal, sample, ms, staleMs }: Watched, now: number): boolean {
  const age = now - ms;
  return sample !== undefined && signal.type !== 'text' && staleMs === undefined && age > STALE_MS_MIN && age <= STALE_MS_SELDOM;
}

// The area of a place that an asset belongs to: the place's child at or above it, else the asset itself.
export function areaOf(place: string, asset: string): string {
  const prefix = place === '' ? '' : `${place}/`;
  if (!asset.startsWith(prefix) || asset === '') return asset;
  const end = asset.indexOf('/', prefix.length);
  return end < 0 ? asset : asset.slice(0, end);
}

// The areas of a place in the order of its tree, those with the worst findings first. A finding further beyond its band
// comes before others of its kind; twice as far counts, less would only make rows jump.
export function areasOf(watched: Iterable<Watched>, place: TreeNode, now: number): Area[] {
  const order = place.children.map(({ path }) => path);
  const areas = new Map(order.map((path) => [path, emptyArea(path)]));
  for (const one of watched) {
    const path = areaOf(place.path, assetOf(one.signal.name));
    let area = areas.get(path);
    if (!area) areas.set(path, (area = emptyArea(path)));
    area.signals += 1;
    const condition = conditionOf(one, now);
    if (condition === 'well') continue;
    area.counts[condition] += 1;
    if (condition === 'resting' || !one.sample) continue;
    const far = condition === 'outside' ? Math.floor(Math.log2(beyond(Number(one.sample.value), one.signal.low, one.signal.high))) : 0;
    area.findings.push({ ...one, sample: one.sample, condition, far });
  }
  for (const { findings } of areas.values()) findings.sort(byWorst);
  const worst = ({ findings }: Area) => (findings[0] ? ABNORMAL.indexOf(findings[0].condition) : ABNORMAL.length);
  return [...areas.values()].sort((a, b) => worst(a) - worst(b));
}

function byWorst(a: Finding, b: Finding): number {
  const kind = ABNORMAL.indexOf(a.condition) - ABNORMAL.indexOf(b.condition);
  return kind || b.far - a.far || (a.signal.name < b.signal.name ? -1 : 1);
}

function emptyArea(path: string): Area {
  return { path, signals: 0, counts: emptyCounts(), findings: [] };
}

export const emptyCounts = (): Counts => ({ bad: 0, outside: 0, stale: 0, uncertain: 0, resting: 0 });

export function sumOf(areas: readonly Area[]): Counts {
  const sum = emptyCounts();
  for (const { counts } of areas) {
    for (const kind of [...ABNORMAL, 'resting'] as const) sum[kind] += counts[kind];
  }
  return sum;
}

// The asset's path below an area, for a person who sees the area's name already.
export function levelsBelow(area: string, asset: string): string[] {
  return [...pathsAbove(asset), asset].filter((path) => path.length > area.length);
}
