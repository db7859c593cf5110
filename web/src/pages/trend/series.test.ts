import { describe, expect, test } from 'vitest';
import { columnOf, columnsOfPlot, columnsOfRaw, gapOf, nearest, neighbour, piecesOf, statsOf, within, type Column } from './series';

const BAD = 0x80000000;
const UNCERTAIN = 0x40000000;
const at = (seconds: number, value: number | string | boolean, quality = 0): Column => columnOf(`${seconds}000000000`, value, quality);
const every = (step: number, from: number, to: number) =>
  Array.from({ length: (to - from) / step }, (_, i) => at(from + i * step, i));
const shape = (columns: Column[], stepped = false) =>
  piecesOf(columns, stepped).map(({ points, dashed }) => (dashed ? '~' : '') + points.map(({ t, v }) => `${t / 1000}:${v}`).join(' '));

test('M4 becomes its four points in the order of time, each once', () => {
  const column = { column: 3, count: 9, first: ['1000000', 5], min: ['4000000', 1], max: ['2000000', 9], last: ['4000000', 1], quality: 0 };
  const plot = { signal: 'a', from: '0', to: '9', width: 1, incomplete: false, columns: [column] };
  expect(columnsOfPlot(plot as unknown as Parameters<typeof columnsOfPlot>[0])).toEqual([
    { points: [{ t: 1, v: 5 }, { t: 2, v: 9 }, { t: 4, v: 1 }], count: 9, quality: 0 },
  ]);
});

test('of revisions the last counts, and what differed is remembered', () => {
  const samples = [['1', 5, 0], ['2', 6, 0], ['2', 7, 0], ['2', 8, 0], ['3', 9, 0], ['3', 9, 0]];
  const columns = columnsOfRaw(samples as unknown as Parameters<typeof columnsOfRaw>[0]);
  expect(columns.map(({ value, older }) => [value, older?.map((one) => one.value)])).toEqual([
    [5, undefined],
    [8, [6, 7]],
    [9, undefined],
  ]);
});

describe('a line', () => {
  test('breaks where samples are more than five times as far apart as usual', () => {
    expect(gapOf(every(10, 0, 100))).toBe(50_000);
    expect(shape([...every(10, 0, 50), ...every(10, 90, 110)])).toEqual(['0:0 10:1 20:2 30:3 40:4 90:0 100:1']);
    expect(shape([...every(10, 0, 50), ...every(10, 91, 111)])).toEqual(['0:0 10:1 20:2 30:3 40:4', '91:0 101:1']);
  });
  test('of two or three samples does not break: nothing is usual yet', () => {
    expect(shape([at(0, 1), at(1, 2), at(5000, 3)])).toHaveLength(1);
  });
  test('of M4 weighs a column by its samples', () => {
    const dense = (t: number): Column => ({ points: [{ t, v: 1 }, { t: t + 990, v: 2 }], count: 100, quality: 0 });
    expect(gapOf([dense(0), dense(1000), dense(60_000)])).toBeCloseTo(50);
    expect(piecesOf([dense(0), dense(1000), dense(60_000)], false)).toHaveLength(2);
  });
  test('breaks at bad quality and where there is no number', () => {
    expect(shape([at(0, 1), at(1, 2, BAD), at(2, 3), at(3, 'NaN'), at(4, 5)])).toEqual(['0:1', '2:3', '4:5']);
  });
  test('is dashed where it is uncertain, without a hole', () => {
    expect(shape([at(0, 1), at(1, 2), at(2, 3, UNCERTAIN), at(3, 4)])).toEqual(['0:1 1:2', '~1:2 2:3', '2:3 3:4']);
  });
  test('of a stepped signal holds its value over any distance, and ends where it is bad', () => {
    expect(shape([at(0, 1), at(1, 2), at(2, 2), at(900, 3)], true)).toEqual(['0:1 1:1 1:2 2:2 900:2 900:3']);
    expect(shape([at(0, true), at(5, false, BAD), at(9, true)], true)).toEqual(['0:1 5:1', '9:1']);
  });
});

describe('numbers of what is visible', () => {
  const range = { from: 0, to: 10_000 };
  test('leave out bad samples, and samples beyond the edges', () => {
    const stats = statsOf([at(-5, 99), at(1, 4), at(2, 1000, BAD), at(3, 6), at(20, 99)], range);
    expect(stats).toMatchObject({ count: 3, min: 4, max: 6 });
    expect(stats?.last.value).toBe(6);
    expect(statsOf([at(-5, 99)], range)).toBeUndefined();
  });
  test('are not exact where a column lies across the edge', () => {
    const m4: Column = { points: [{ t: 1, v: 1 }, { t: 2, v: 3 }], count: 50, quality: 0 };
    expect(statsOf([m4], range)).toMatchObject({ count: 50, exact: true, min: 1, max: 3 });
    expect(statsOf([m4], { from: 2, to: 10 })).toMatchObject({ exact: false, min: 3, max: 3 });
  });
});

describe('the cursor', () => {
  const columns = [at(0, 1), at(10, 2), at(20, 3)];
  test('reads the nearest sample; of a stepped signal the one that holds', () => {
    expect([1, 4.9, 5.1, 14, 99].map((t) => nearest(columns, t * 1000, false)?.point.v)).toEqual([1, 1, 2, 2, 3]);
    expect([-1, 1, 9.9, 10, 99].map((t) => nearest(columns, t * 1000, true)?.point.v)).toEqual([undefined, 1, 1, 2, 3]);
  });
  test('steps from sample to sample', () => {
    expect(neighbour(columns, 0, true)).toBe(10_000);
    expect(neighbour(columns, 10_000, true)).toBe(20_000);
    expect(neighbour(columns, 20_000, true)).toBeUndefined();
    expect(neighbour(columns, 20_000, false)).toBe(10_000);
    expect(neighbour(columns, 0, false)).toBeUndefined();
  });
});

test('what touches a range is found', () => {
  expect(within(every(1, 0, 10), { from: 2500, to: 5000 }).map(({ value }) => value)).toEqual([3, 4]);
  expect(within([], { from: 0, to: 1 })).toEqual([]);
});
