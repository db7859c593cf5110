import { expect, test } from 'vitest';
import { follow, grown, isFound, lineOf, ratesOf, sorted, type Client, type Row } from './clients';

const client = (name: string, samples: number, more: Partial<Client> = {}): Client => ({
  source: 'mqtt', name, remote: '10.0.0.1:1', protocol: 'MQTT 5.0', since: '5', heard: '9', messages_in: samples / 2, messages_out: 0,
  bytes_in: samples * 10, bytes_out: 0, samples_accepted: samples, samples_refused: 0, dropped: 0, subscriptions: 0, ...more,
});
const at = (seconds: number) => String(seconds * 1e9);
const none = { samples: 0, refused: 0, messages: 0, bytes: 0, sent: 0 };

function rowsOf(...answers: [number, Client[]][]): Map<string, Row> {
  return answers.reduce((rows, [seconds, clients]) => follow(rows, clients, at(seconds)), new Map<string, Row>());
}
const only = (rows: Map<string, Row>) => [...rows.values()][0]!;

test("a rate is growth by the node's clock, of the last ten seconds", () => {
  const row = only(rowsOf([0, [client('a', 0)]], [20, [client('a', 1000)]], [25, [client('a', 1050)]], [30, [client('a', 1100)]]));
  expect(row.rates).toMatchObject({ samples: 10, messages: 5, bytes: 100, refused: 0 });
  expect(ratesOf(row.looks.slice(0, 1)).samples).toBeUndefined();
  expect(lineOf(row.looks).map(({ value }) => value)).toEqual([50, 10, 10]);
});

test('a client that came back begins anew, and one that went is gone', () => {
  const rows = rowsOf([0, [client('a', 500), client('b', 1)]], [2, [client('a', 3, { since: '6' })]]);
  expect([...rows.keys()]).toEqual(['mqtt a 10.0.0.1:1']);
  expect(only(rows).looks.length).toBe(1);
});

test('old looks go', () => {
  const row = only(rowsOf([0, [client('a', 0)]], [100, [client('a', 0)]], [121, [client('a', 0)]]));
  expect(row.looks.map(({ seconds }) => seconds)).toEqual([100, 121]);
});

test('the sum of all grows though clients come, go and begin anew', () => {
  const first = rowsOf([0, [client('a', 100), client('b', 50)]]);
  const second = follow(first, [client('a', 110), client('c', 7)], at(2));
  const third = follow(second, [client('a', 4, { since: '6' })], at(4));
  const once = grown(none, first, second);
  expect(once).toMatchObject({ samples: 17, bytes: 170 });
  expect(grown(once, second, third).samples).toBe(21);
});

test('names are sorted as people do, numbers with the greatest first', () => {
  const rows = [...rowsOf([0, [client('p10', 0), client('p9', 0), client('q', 0)]], [1, [client('p10', 5), client('p9', 9), client('q', 5)]]).values()];
  const names = (by: Parameters<typeof sorted>[1]) => sorted(rows, by, 'en').map((row) => row.client.name);
  expect(names('name')).toEqual(['p9', 'p10', 'q']);
  expect(names('samples')).toEqual(['p9', 'p10', 'q']);
  expect(names('heard')).toEqual(['p9', 'p10', 'q']);
  expect(isFound(rows[0]!, 'P1')).toBe(true);
  expect(isFound(rows[0]!, '10.0.0.1')).toBe(true);
  expect(isFound(rows[0]!, 'q')).toBe(false);
});
