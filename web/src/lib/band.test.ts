import { expect, test } from 'vitest';
import { beyond, shareOnBar, standing } from './band';

test('a value stands inside its range, beyond it, or nobody knows', () => {
  expect(standing(5, 0, 10)).toBe('inside');
  expect(standing(-1, 0, undefined)).toBe('below');
  expect(standing(11, undefined, 10)).toBe('above');
  expect(standing(11, 0, undefined)).toBe('inside');
  expect(standing(Number.NaN, 0, 10)).toBe('unknown');
  expect(standing(5, undefined, undefined)).toBe('unknown');
});

test('how far it is beyond is told in lengths of the range', () => {
  expect(beyond(5, 0, 10)).toBe(0);
  expect(beyond(15, 0, 10)).toBe(0.5);
  expect(beyond(-20, 0, 10)).toBe(2);
  expect(beyond(30, undefined, 20)).toBe(0.5);
  expect(beyond(3, undefined, 0)).toBe(3);
  expect(beyond(7, 5, 5)).toBe(2);
  expect(beyond(Number.NaN, 0, 10)).toBe(0);
});

test('the bar shows a little beyond the range and never more', () => {
  expect(shareOnBar(0, 0, 12)).toBeCloseTo(1 / 6);
  expect(shareOnBar(6, 0, 12)).toBeCloseTo(0.5);
  expect(shareOnBar(1e9, 0, 12)).toBe(1);
  expect(shareOnBar(-1e9, 0, 12)).toBe(0);
});
