import { expect, test } from 'vitest';
import { pointsOf, sparkPaths, staleAfterMs, appendPoint, type SparkPoint } from './spark';

const at = (s: number) => String(s * 1e9);
const column = (number: number, count: number, ...times: [number, number, number, number]) => ({
  column: number,
  count,
  first: [at(times[0]), 1] as [string, number],
  min: [at(times[1]), 0] as [string, number],
  max: [at(times[2]), 4] as [string, number],
  last: [at(times[3]), 2] as [string, number],
  quality: 0,
});
const box = { from: 0, to: 100_000, width: 100, height: 20 };
const point = (s: number, value: number, bad = false) => ({ ms: s * 1000, value, bad });

test('a column gives its points in the order of time, each once', () => {
  expect(pointsOf({ columns: [column(0, 5, 1, 3, 2, 4)] }).map((p) => [p.ms, p.value])).toEqual([
    [1000, 1], [2000, 4], [3000, 0], [4000, 2],
  ]);
  expect(pointsOf({ columns: [column(0, 1, 1, 1, 1, 1)] }).length).toBe(1);
});

test('a signal is stale after five of its usual intervals, at least ten seconds, at most an hour', () => {
  expect(staleAfterMs({ columns: [column(0, 31, 0, 10, 20, 60), column(5, 30, 300, 310, 320, 600)] })).toBe(50_000);
  expect(staleAfterMs({ columns: [column(0, 600, 0, 1, 2, 60)] })).toBe(10_000);
  expect(staleAfterMs({ columns: [] })).toBe(3_600_000);
});

test('gaps are gaps', () => {
  const { line } = sparkPaths([point(0, 0), point(1, 1), point(90, 0), point(91, 1)], box, false);
  expect(line.match(/M/g)?.length).toBe(2);
});

test('a stepped signal holds its value', () => {
  expect(sparkPaths([point(0, 0), point(1, 1)], box, true).line).toMatch(/^M\S+ \S+h0\.1H1\.0V/);
});

test('above a ground a line shows how far it is from it', () => {
  expect(sparkPaths([point(0, 5), point(1, 5)], box, false, 0).line).toBe('M0.0 2.0h0.1L1.0 2.0');
  expect(sparkPaths([point(0, 0), point(1, 0)], box, false, 0).line).toBe('M0.0 17.0h0.1L1.0 17.0');
});

test('bad samples break the line and leave a mark', () => {
  const { line, bad } = sparkPaths([point(0, 0), point(1, 9, true), point(2, 1)], box, false);
  expect(line.match(/M/g)?.length).toBe(2);
  expect(bad).toBe('M1.0 20v-3');
});

test('what is added keeps its first, least, greatest and last of each bucket of time', () => {
  const points: SparkPoint[] = [];
  const values = [5, 7, 1, 6, 9, 2, 4, 4.5, 3];
  values.forEach((value, i) => appendPoint(points, { ms: 1000 + i * 10, value, bad: false }, 1000));
  expect(points.map(({ value }) => value)).toEqual([5, 1, 9, 3]);
  appendPoint(points, { ms: 2000, value: 8, bad: false }, 1000);
  appendPoint(points, { ms: 2010, value: 8, bad: false }, 1000);
  expect(points.map(({ ms }) => ms)).toEqual([1000, 1020, 1040, 1080, 2000, 2010]);
  for (let ms = 3000; ms < 63_000; ms += 5) appendPoint(points, { ms, value: Math.sin(ms), bad: false }, 1000);
  expect(points.length).toBeLessThanOrEqual(6 + 60 * 4);
});
