import { expect, test } from 'vitest';
import { gather } from './refusals';

const refused = (text: string, client: string, remote = '10.0.0.1:1') => ({
  time: '0', source: 'mqtt', client, remote, kind: 'malformed' as const, reason: 'x', line: 0, topic: '', text, bytes: '',
});

test('the same refusal again and again is one, of each client', () => {
  const all = [refused('a', 'c'), refused('b', 'c'), refused('a', 'c'), refused('a', 'd')];
  expect(gather(all)).toEqual([{ newest: all[0], times: 2 }, { newest: all[1], times: 1 }, { newest: all[3], times: 1 }]);
});

test('two senders that call themselves the same are two, one that comes again is one', () => {
  const all = [refused('a', 'Telegraf', '10.0.0.1:1'), refused('a', 'Telegraf', '10.0.0.2:1'), refused('a', 'Telegraf', '10.0.0.1:9')];
  expect(gather(all)).toEqual([{ newest: all[0], times: 2 }, { newest: all[1], times: 1 }]);
});
