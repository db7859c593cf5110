import { expect, test } from 'vitest';
import { flatten, keepLooks, meanMsOf, rateOf } from './rates';

const look = (seconds: number, counters: Record<string, number>) => ({
  seconds,
  counters: { 'node.uptime_seconds': seconds, ...counters },
});

test('a status becomes a flat list of numbers', () => {
  expect(flatten({ version: '0.1.0', ready: true, log: { batches: 3, d: { count: 2 } }, history: { bytes: '9007199254740993' } })).toEqual({
    'log.batches': 3, 'log.d.count': 2, 'history.bytes': 9007199254740992,
  });
});

test('a rate is growth by time, of all counters named', () => {
  const looks = [look(10, { a: 100, b: 0 }), look(12, { a: 150, b: 0 }), look(14, { a: 180, b: 20 })];
  expect(rateOf(looks, 'a')).toBe(20);
  expect(rateOf(looks, 'a', 'b')).toBe(25);
  expect(rateOf(looks.slice(0, 1), 'a')).toBeUndefined();
  expect(rateOf([look(1, { a: 5 }), look(2, { a: 0 })], 'a')).toBeUndefined();
});

test('a mean duration is of what came between the looks', () => {
  const looks = [look(0, { 's.count': 10, 's.sum_seconds': 5 }), look(1, { 's.count': 14, 's.sum_seconds': 5.008 })];
  expect(meanMsOf(looks, 's')).toBeCloseTo(2);
  expect(meanMsOf([looks[0]!, looks[0]!], 's')).toBeUndefined();
});

test('old looks go, and a restart begins anew', () => {
  const looks = keepLooks([look(0, {}), look(5, {})], look(10, {}), 6);
  expect(looks.map((one) => one.seconds)).toEqual([5, 10]);
  expect(keepLooks(looks, { seconds: 12, counters: { 'node.uptime_seconds': 1 } }, 60).length).toBe(1);
});
