import { expect, test } from 'vitest';
import type { Signal, Value } from '../../api/client';
import { buildTree } from '../../lib/tree';
import { areaOf, areasOf, conditionOf, isSuspect, levelsBelow, sumOf, type Watched } from './condition';

const NOW = 1_000_000_000_000;
const BAD = 0x80000000;
const UNCERTAIN = 0x40000000;

function watched(name: string, value?: Value, more: { quality?: number; age?: number; staleMs?: number; type?: Signal['type'] } = {}): Watched {
  const signal: Signal = {
    name, type: more.type ?? 'f64', unit: '', low: 0, high: 10, stepped: false, data_class: 'general', author: '', time: '0',
  };
  const staleMs = more.staleMs === undefined ? {} : { staleMs: more.staleMs };
  if (value === undefined) return { signal, ms: NaN };
  return { signal, sample: { name, time: '0', value, quality: more.quality ?? 0 }, ms: NOW - (more.age ?? 0), ...staleMs };
}

test('what is abnormal: bad before stale, stale before its band, its band before uncertain', () => {
  const is = (...of: Parameters<typeof watched>) => conditionOf(watched(...of), NOW);
  expect(is('a/x', 5)).toBe('well');
  expect(is('a/x', 11)).toBe('outside');
  expect(is('a/x', 11, { quality: BAD })).toBe('bad');
  expect(is('a/x', 11, { quality: UNCERTAIN })).toBe('outside');
  expect(is('a/x', 5, { quality: UNCERTAIN })).toBe('uncertain');
  expect(is('a/x', 11, { age: 20_000, staleMs: 10_000 })).toBe('stale');
  expect(is('a/x', 5, { age: 20_000 })).toBe('well');
  expect(is('a/x', 5, { age: 3_600_001 })).toBe('stale');
  expect(is('a/x', 5, { age: 3_600_000, quality: BAD })).toBe('bad');
  expect(is('a/x', '11', { type: 'text' })).toBe('well');
  expect(is('a/x', 5, { age: 8 * 86_400_000, quality: BAD })).toBe('resting');
  expect(is('a/x')).toBe('resting');
});

test('the pace is asked for only of a signal that may be stale and may not', () => {
  expect(isSuspect(watched('a/x', 1, { age: 5_000 }), NOW)).toBe(false);
  expect(isSuspect(watched('a/x', 1, { age: 15_000 }), NOW)).toBe(true);
  expect(isSuspect(watched('a/x', 1, { age: 15_000, staleMs: 60_000 }), NOW)).toBe(false);
  expect(isSuspect(watched('a/x', 'on', { age: 15_000, type: 'text' }), NOW)).toBe(false);
  expect(isSuspect(watched('a/x', 1, { age: 4_000_000 }), NOW)).toBe(false);
  expect(isSuspect(watched('a/x'), NOW)).toBe(false);
});

test('an asset belongs to the area of the place that is at or above it', () => {
  expect(areaOf('acme', 'acme/hall/press1')).toBe('acme/hall');
  expect(areaOf('acme', 'acme/hall')).toBe('acme/hall');
  expect(areaOf('acme', 'acme')).toBe('acme');
  expect(areaOf('acme', 'acme-2/oven')).toBe('acme-2/oven');
  expect(areaOf('', 'acme/hall')).toBe('acme');
  expect(areaOf('', '')).toBe('');
});

test('areas come with what is abnormal in them, the worst first, and count every signal once', () => {
  const place = buildTree(['acme/dock/door1', 'acme/hall/press1', 'acme/yard/pv'].map((name) => ({ name }))).children[0]!;
  const areas = areasOf(
    [
      watched('acme/dock/door1/open', 1),
      watched('acme/dock/door1/temperature'),
      watched('acme/hall/press1/oil', 11),
      watched('acme/hall/press1/force', 30),
      watched('acme/hall/press1/speed', 5, { quality: UNCERTAIN }),
      watched('acme/yard/pv/power', 5, { quality: BAD }),
      watched('lone', 5),
    ],
    place,
    NOW,
  );
  expect(areas.map(({ path, signals }) => [path, signals])).toEqual([['acme/yard', 1], ['acme/hall', 3], ['acme/dock', 2], ['', 1]]);
  expect(areas[1]?.findings.map(({ signal, condition }) => [signal.name, condition])).toEqual([
    ['acme/hall/press1/force', 'outside'],
    ['acme/hall/press1/oil', 'outside'],
    ['acme/hall/press1/speed', 'uncertain'],
  ]);
  expect(sumOf(areas)).toEqual({ bad: 1, outside: 2, stale: 0, uncertain: 1, resting: 1 });
});

test('levels below an area', () => {
  expect(levelsBelow('acme/hall', 'acme/hall/line1/press1')).toEqual(['acme/hall/line1', 'acme/hall/line1/press1']);
  expect(levelsBelow('acme/hall', 'acme/hall')).toEqual([]);
});

test('ten thousand signals are judged at once', () => {
  const many = Array.from({ length: 10_000 }, (_, i) => watched(`acme/area${i % 12}/machine${i % 400}/s${i}`, i % 13));
  const place = buildTree(many.map(({ signal }) => ({ name: signal.name.slice(0, signal.name.lastIndexOf('/')) }))).children[0]!;
  const began = performance.now();
  const areas = areasOf(many, place, NOW);
  expect(sumOf(areas).outside).toBe(1538);
  expect(performance.now() - began).toBeLessThan(1_000);
});
