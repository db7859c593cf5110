import { expect, test } from 'vitest';
import { concerns } from './rejections';

const refused = (text: string, reason = '', topic = '') => ({
  time: '0', source: 'mqtt', client: 'c', remote: '10.0.0.1:1', kind: 'type_conflict' as const, reason, line: 0, topic, text, bytes: '',
});
const press = { name: 'acme/press7', type: '', properties: {} };

test('a refusal is about an asset whose name is in it, not about one whose name is longer', () => {
  expect(concerns(refused('acme/press7/force'), press)).toBe(true);
  expect(concerns(refused('acme/press7 force'), press)).toBe(true);
  expect(concerns(refused('x', 'acme/press7/force has type f64'), press)).toBe(true);
  expect(concerns(refused('hot', 'no number', 'acme/press7/force'), press)).toBe(true);
  expect(concerns(refused('hot', 'no number', 'acme/press71'), press)).toBe(false);
  expect(concerns(refused('acme/press71/force'), press)).toBe(false);
  expect(concerns(refused('site/acme/press7/force'), press)).toBe(false);
});

test('line protocol names it by measurement and tags', () => {
  const asset = { name: 'press/2/shenzhen', type: 'press', properties: { line: '2', site: 'shenzhen' } };
  expect(concerns(refused('press,site=shenzhen,line=2 force="x"'), asset)).toBe(true);
  expect(concerns(refused('press,line=3,site=shenzhen force'), asset)).toBe(false);
  expect(concerns(refused('press,line=2 force'), asset)).toBe(false);
});
