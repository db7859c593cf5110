import { describe, expect, test } from 'vitest';
import { fits, intervalOf, originOf, unitOf } from './figures';

test('integrals are told over hours, in a unit that says so', () => {
  expect(intervalOf({ from: '0', to: '3600000000000', integral: 7200, mean: 2 }).values).toEqual({ integral: 2, mean: 2 });
  expect(['kW', 'm3/h', '', '1'].map((unit) => unitOf('integral', unit))).toEqual(['kW.h', 'm3', 'h', 'h']);
  expect([unitOf('mean', 'kW'), unitOf('percent_good', 'kW'), unitOf('transitions', 'kW')]).toEqual(['kW', '%', '']);
});

test('what there is not is left out, and what JSON has no number for is read', () => {
  const one = intervalOf({ from: '1000000', to: '2500000', mean: null, max: 'Infinity', min: '9007199254740993' });
  expect(one).toEqual({ from: 1, to: 2.5, values: { max: Infinity, min: 9007199254740992 } });
});

describe('intervals', () => {
  test('begin at midnight of the zone', () => {
    const noon = Date.parse('2026-01-31T12:00:00+08:00');
    expect(originOf({ from: noon, to: noon + 1 }, 'Asia/Shanghai')).toBe(Date.parse('2026-01-31T00:00:00+08:00'));
    expect(originOf({ from: noon, to: noon + 1 }, 'UTC')).toBe(Date.parse('2026-01-31T00:00:00Z'));
  });
  test('are offered as many as can be read', () => {
    const day = { from: 0, to: 86_400_000 };
    expect([fits('1m', day), fits('5m', day), fits('1d', day)]).toEqual([false, true, true]);
  });
});
