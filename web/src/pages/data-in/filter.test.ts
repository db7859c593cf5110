import { expect, test } from 'vitest';
import { fits } from './filter';

const one = {
  time: '0', source: 'mqtt', client: 'Press7', remote: '10.0.0.1:4711', kind: 'bad_value' as const, reason: 'no number', line: 0,
  topic: 'acme/press7', text: '{"force": 1e400}', bytes: '',
};

test('every word must be somewhere, in upper or lower case', () => {
  for (const search of ['', 'press7', 'PRESS7 number', '10.0.0.1', '1e400', 'mqtt acme']) expect(fits(one, search, ''), search).toBe(true);
  expect(fits(one, 'press7 hot', '')).toBe(false);
});

test('of a kind means of no other', () => {
  expect(fits(one, '', 'bad_value')).toBe(true);
  expect(fits(one, 'press7', 'malformed')).toBe(false);
});
