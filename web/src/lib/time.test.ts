import { describe, expect, test } from 'vitest';
import { boundsOf, formatTime, isZone, msOf, nsOf, parseRange, textOfRange, zoneName } from './time';

test('nanoseconds become milliseconds and back', () => {
  expect(msOf('1700000000123456789')).toBeCloseTo(1700000000123.4568, 3);
  expect(nsOf(1700000000123)).toBe('1700000000123000000');
  expect(msOf('-1500000')).toBe(-1.5);
});

test('times are shown in the zone chosen', () => {
  const ms = Date.parse('2026-01-31T20:30:05.678Z');
  expect(formatTime(ms, 'UTC')).toBe('2026-01-31 20:30:05');
  expect(formatTime(ms, 'Asia/Shanghai', 3)).toBe('2026-02-01 04:30:05.678');
  expect(formatTime(Date.parse('2026-01-31T00:00:00Z'), 'UTC')).toBe('2026-01-31 00:00:00');
});

test('zones have the offset of the moment', () => {
  expect(zoneName(Date.parse('2026-01-01T00:00:00Z'), 'UTC')).toBe('UTC');
  expect(zoneName(Date.parse('2026-01-01T00:00:00Z'), 'Asia/Shanghai')).toBe('UTC+8');
  expect(zoneName(Date.parse('2026-07-01T00:00:00Z'), 'Europe/Berlin')).toBe('UTC+2');
  expect(isZone('Asia/Shanghai')).toBe(true);
  expect(isZone('Asia/Nowhere')).toBe(false);
});

describe('ranges', () => {
  test('are relative', () => {
    expect(parseRange('90m')).toEqual({ kind: 'relative', ms: 5_400_000 });
    expect(boundsOf({ kind: 'relative', ms: 1000 }, 5000)).toEqual({ from: 4000, to: 5000 });
  });
  test('or stand still', () => {
    const range = parseRange('2026-01-01T00:00:00Z..2026-01-02T00:00:00Z');
    expect(range).toEqual({ kind: 'absolute', from: 1767225600000, to: 1767312000000 });
    expect(boundsOf(range!, 0)).toEqual({ from: 1767225600000, to: 1767312000000 });
  });
  test('that are none are told', () => {
    for (const text of ['', '1', 'h', '0h', '1h..', '2026-01-02..2026-01-01', 'x..y']) expect(parseRange(text)).toBeUndefined();
  });
  test('survive the address', () => {
    for (const text of ['1h', '7w', '30d', '90m', '45s', '2026-01-01T00:00:00.000Z..2026-01-02T00:00:00.000Z']) {
      expect(textOfRange(parseRange(text)!)).toBe(text);
    }
  });
});
