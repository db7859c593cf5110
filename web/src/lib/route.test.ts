import { expect, test } from 'vitest';
import { below, href } from './route.svelte';

test('an address holds lists, and leaves out what is empty', () => {
  expect(href('/trend', { s: ['a/b', 'c d'], range: '1h', zone: undefined, q: '' })).toBe('/trend?s=a%2Fb&s=c+d&range=1h');
  expect(href('/trend', { s: [] })).toBe('/trend');
});

test('names below a page are decoded level by level', () => {
  expect(below('/plant/a%20b/c', '/plant')).toBe('a b/c');
  expect(below('/plant/50%2525', '/plant')).toBe('50%25');
  expect(below('/plant', '/plant')).toBe('');
  expect(below('/plants/a', '/plant')).toBe('');
  expect(below('/plant/%E0%A4%A', '/plant')).toBe('');
});
