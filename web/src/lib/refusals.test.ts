import { expect, test } from 'vitest';
import { gather } from './refusals';

const refused = (text: string, client: string) => ({
  time: '0', source: 'mqtt', client, remote: '10.0.0.1:1', kind: 'malformed' as const, reason: 'x', line: 0, topic: '', text, bytes: '',
});

test('the same refusal again and again is one, of each client', () => {
  const all = [refused('a', 'c'), refused('b', 'c'), refused('a', 'c'), refused('a', 'd')];
  expect(gather(all)).toEqual([{ newest: all[0], times: 2 }, { newest: all[1], times: 1 }, { newest: all[3], times: 1 }]);
});
