import { expect, test } from 'vitest';
import { shareOnBar, standing } from './band';

test('a value stands inside its range, beyond it, or nobody knows', () => {
  expect(standing(5, 0, 10)).toBe('inside');
  expect(standing(-1, 0, undefined)).toBe('below');
  expect(standing(11, undefined, 10)).toBe('above');
  expect(standing(11, 0, undefined)).toBe('inside');
  expect(standing(Number.NaN, 0, 10)).toBe('unknown');
  expect(standing(5, undefined, undefined)).toBe('unknown');
});

test('the bar shows a little beyond the range and never more', () => {
  expect(shareOnBar(0, 0, 12)).toBeCloseTo(1 / 6);
  expect(shareOnBar(6, 0, 12)).toBeCloseTo(0.5);
  expect(shareOnBar(1e9, 0, 12)).toBe(1);
  expect(shareOnBar(-1e9, 0, 12)).toBe(0);
});
