import { expect, test } from 'vitest';
import { boundsOfTile, columnMs, levelOf, nsOfEdge, parentOf, tileMs, tilesOf } from './tiles';

test('columns are at most a pixel wide and at least half of one', () => {
  for (const span of [100, 1_000, 3_600_000, 86_400_000, 10 * 31_557_600_000]) {
    for (const pixels of [320, 1000, 3840]) {
      const column = columnMs(levelOf({ from: 0, to: span }, pixels));
      expect(column).toBeLessThanOrEqual(span / pixels);
      expect(column).toBeGreaterThan(span / pixels / 2);
    }
  }
});

test('tiles cover the range without holes, and panning asks only for what is new', () => {
  const day = 86_400_000;
  const before = tilesOf({ from: 1.7e12, to: 1.7e12 + day }, 1000);
  expect(boundsOfTile(before[0]!).from).toBeLessThanOrEqual(1.7e12);
  expect(boundsOfTile(before.at(-1)!).to).toBeGreaterThanOrEqual(1.7e12 + day);
  before.forEach((tile, i) => expect(tile.index).toBe(before[0]!.index + i));
  const after = tilesOf({ from: 1.7e12 + day / 10, to: 1.7e12 + day * 1.1 }, 1000);
  const known = new Set(before.map(({ index }) => index));
  expect(after.filter(({ index }) => !known.has(index)).length).toBeLessThanOrEqual(1);
});

test('a parent holds its tile, also before 1970', () => {
  for (const index of [-3, -2, -1, 0, 1, 2, 1_000_001]) {
    const [inner, outer] = [boundsOfTile({ level: 4, index }), boundsOfTile(parentOf({ level: 4, index }))];
    expect(outer.from).toBeLessThanOrEqual(inner.from);
    expect(outer.to).toBeGreaterThanOrEqual(inner.to);
  }
});

test('edges are exact nanoseconds: one tile ends where the next begins', () => {
  expect(nsOfEdge(0, 1_660_156_250)).toBe('1700000000000000000');
  expect(nsOfEdge(-6, 1)).toBe('16000000');
  expect(nsOfEdge(-6, -1)).toBe('-16000000');
  expect(Number(nsOfEdge(10, 12_345)) / 1e6).toBe(12_345 * tileMs(10));
  expect(nsOfEdge(34, 5)).toBe('9223372036854775807');
});
