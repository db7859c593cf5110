// Figures: what the samples in sight come to, over all of it or per interval. Which there are and how they read; pure.
import type { Schemas } from '../../api/client';
import { msOf } from '../../lib/time';
import { msOfWall, wallOf, type Bounds } from './range';

// In the order of the table; the names are the API's.
export const FIGURES = ['time_average', 'mean', 'min', 'max', 'stddev', 'delta', 'integral', 'percent_good', 'transitions'] as const;
export type Figure = (typeof FIGURES)[number];
// The table has these without being told.
export const USUAL: readonly Figure[] = ['mean', 'min', 'max'];
export const EXTRA = FIGURES.filter((one) => !USUAL.includes(one));
// Those that can be drawn among the values, since they are values themselves.
const DRAWN: readonly Figure[] = ['time_average', 'mean', 'min', 'max'];
export const isDrawn = (figure: Figure) => DRAWN.includes(figure);

const MINUTE = 60_000;
export const STEPS = { '1m': MINUTE, '5m': 5 * MINUTE, '15m': 15 * MINUTE, '1h': 60 * MINUTE, '8h': 480 * MINUTE, '1d': 1440 * MINUTE } as const;
export type Step = keyof typeof STEPS;
export const ROWS_MAX = 400;
// So many intervals may be read on one page.
export const fits = (step: Step, { from, to }: Bounds) => (to - from) / STEPS[step] <= ROWS_MAX;

// Intervals begin at midnight of the zone, so that days are days there; of a change of clocks those behind it are off.
export function originOf(bounds: Bounds, zone: string): number {
  return msOfWall(`${wallOf(bounds.from, zone).slice(0, 10)}T00:00:00`, zone) ?? 0;
}

export type Interval = { from: number; to: number; values: Partial<Record<Figure, number>> };

export function intervalOf(one: Schemas['Interval']): Interval {
  const values: Interval['values'] = {};
  for (const figure of FIGURES) {
    const value = one[figure];
    if (value !== undefined && value !== null) values[figure] = Number(value) / (figure === 'integral' ? 3600 : 1);
  }
  return { from: msOf(one.from), to: msOf(one.to), values };
}

// The unit of a figure of a signal of this unit (UCUM). Integrals are over hours: of kW they are kW·h, of m³/h m³.
export function unitOf(figure: Figure, unit: string): string {
  if (figure === 'percent_good') return '%';
  if (figure === 'transitions') return '';
  if (figure !== 'integral') return unit;
  if (unit.endsWith('/h')) return unit.slice(0, -2);
  return unit === '' || unit === '1' ? 'h' : `${unit}.h`;
}
