import { describe, expect, test } from 'vitest';
import { formatAge, formatBytes, formatDuration, formatNumber, formatRate, formatUnit, formatValue, qualityOf, trustOf } from './format';

describe('numbers', () => {
  test('show five digits that mean something, and whole numbers whole', () => {
    expect(formatNumber(3.14159265, 'en')).toBe('3.1416');
    expect(formatNumber(3.14159265, 'en', 8)).toBe('3.1415927');
    expect(formatNumber(1234.56789, 'en')).toBe('1,234.6');
    expect(formatNumber(0.000123456789, 'en')).toBe('0.00012346');
    expect(formatNumber(1234567890, 'en')).toBe('1,234,567,890');
    expect(formatNumber(0, 'en')).toBe('0');
    expect(formatNumber(-2.5, 'en')).toBe('-2.5');
  });
  test('of extreme size are scientific', () => {
    expect(formatNumber(1e-9, 'en')).toBe('1E-9');
    expect(formatNumber(6.02214076e23, 'en')).toBe('6.0221E23');
  });
  test('that are none are named', () => {
    expect(formatValue('NaN', 'f64', 'en')).toBe('NaN');
    expect(formatValue('-Infinity', 'f64', 'en')).toBe('−∞');
  });
  test('beyond 2^53 stay exact', () => {
    expect(formatValue('9007199254740993', 'i64', 'en')).toBe('9,007,199,254,740,993');
  });
  test('that are texts stay as they are', () => {
    expect(formatValue('007', 'text', 'en')).toBe('007');
    expect(formatValue(true, 'bool', 'zh-CN')).toBe('true');
  });
});

test('UCUM units read as on a plate', () => {
  const shown = ['Cel', 'm3/h', 'kW.h', 'm/s2', '%', '1', 'um', '{strokes}/min', 'bar', 'kg/m3', 's-1', ''].map(formatUnit);
  expect(shown).toEqual(['°C', 'm³/h', 'kW·h', 'm/s²', '%', '', 'µm', 'strokes/min', 'bar', 'kg/m³', 's⁻¹', '']);
});

test('sizes are binary and short', () => {
  expect([0, 1023, 1536, 250 * 2 ** 20, 5 * 2 ** 40].map((n) => formatBytes(n, 'en'))).toEqual([
    '0 B', '1,023 B', '1.5 KiB', '250 MiB', '5 TiB',
  ]);
});

test('rates have three digits', () => {
  expect([0, 0.12345, 12.345, 999.4, 123456.7].map((n) => formatRate(n, 'en'))).toEqual(['0', '0.123', '12.3', '999', '123,457']);
  expect([0.996, 12.345, 123.4].map((n) => formatRate(n, 'en', 2))).toEqual(['1', '12', '123']);
});

test('durations have one unit', () => {
  expect([0.35, 1.25, 350, 1500, 90_000, 7_200_000, 259_200_000].map((ms) => formatDuration(ms, 'en'))).toEqual([
    '350 μs', '1.3 ms', '350 ms', '1.5 sec', '2 min', '2 hr', '3 days',
  ]);
  expect(formatDuration(90_000, 'zh-CN')).toBe('2分钟');
});

test('ages count whole seconds', () => {
  expect(formatAge(12_900, 'en')).toBe('12 sec');
  expect(formatAge(61_000, 'en')).toBe('1 min');
});

test('the two highest bits of a status code are its severity', () => {
  expect([0, 0x40900000, 0x80000000, 0xc0000000].map(qualityOf)).toEqual(['good', 'uncertain', 'bad', 'bad']);
});

test('the worst is said of a value: bad, else stale, else its quality', () => {
  expect(trustOf(undefined, false)).toBe('missing');
  expect(trustOf(0x80350000, true)).toBe('bad');
  expect(trustOf(0x40000000, true)).toBe('stale');
  expect(trustOf(0x40000000, false)).toBe('uncertain');
  expect(trustOf(0, true)).toBe('stale');
  expect(trustOf(0, false)).toBe('good');
});
