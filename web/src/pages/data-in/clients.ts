// Who sends data, and how fast: from one answer of the node to the next. Pure.
import type { Schemas } from '../../api/client';
import { keepLooks, rateOf, type Look } from '../../lib/rates';
import type { SparkPoint } from '../../lib/spark';
import { msOf } from '../../lib/time';

export type Client = Schemas['Client'];
export const COUNTED = ['samples', 'refused', 'messages', 'bytes', 'sent'] as const;
export type Counted = (typeof COUNTED)[number];
export type Rates = Record<Counted, number | undefined>;
// A client as it is now, with what was counted at the last looks.
export type Row = { key: string; client: Client; looks: Look[]; rates: Rates };

export const SPAN_SECONDS = 120; // that a line shows
const RATE_SECONDS = 10; // that a rate is of

export const keyOf = (client: Client) => `${client.source} ${client.name} ${client.remote}`;

function countersOf(client: Client): Record<Counted, number> {
  return {
    samples: client.samples_accepted,
    refused: client.samples_refused,
    messages: client.messages_in,
    bytes: client.bytes_in,
    sent: client.messages_out,
  };
}

export function ratesOf(looks: readonly Look[]): Rates {
  const now = looks.at(-1)?.seconds ?? 0;
  const recent = looks.filter((look) => now - look.seconds <= RATE_SECONDS + 0.5);
  return Object.fromEntries(COUNTED.map((name) => [name, rateOf(recent, name)])) as Rates;
}

// The rows after one more answer. A client that came back anew, with another `since`, begins anew.
export function follow(rows: ReadonlyMap<string, Row>, clients: readonly Client[], time: string): Map<string, Row> {
  const seconds = msOf(time) / 1000;
  return new Map(
    clients.map((client) => {
      const key = keyOf(client);
      const known = rows.get(key);
      const before = known && known.client.since === client.since ? known.looks : [];
      const looks = keepLooks(before, { seconds, counters: countersOf(client) }, SPAN_SECONDS);
      return [key, { key, client, looks, rates: ratesOf(looks) }];
    }),
  );
}

// What all of them together have sent since the look before, added to what they had by then: a sum that only grows though
// clients come and go. Who is new since then counts with all it has.
export function grown(total: Record<Counted, number>, before: ReadonlyMap<string, Row>, after: ReadonlyMap<string, Row>) {
  const sum = { ...total };
  for (const [key, { client }] of after) {
    const former = before.get(key);
    const known = former?.client.since === client.since ? countersOf(former.client) : undefined;
    for (const [name, value] of Object.entries(countersOf(client)) as [Counted, number][]) sum[name] += value - (known?.[name] ?? 0);
  }
  return sum;
}

// The rate between each two looks, as a line.
export function lineOf(looks: readonly Look[], name: Counted = 'samples'): SparkPoint[] {
  return looks.slice(1).flatMap((look, i) => {
    const value = rateOf([looks[i]!, look], name);
    return value === undefined ? [] : [{ ms: look.seconds * 1000, value, bad: false }];
  });
}

export const SORTS = ['name', 'samples', 'messages', 'bytes', 'refused', 'sent', 'heard'] as const;
export type Sort = (typeof SORTS)[number];

// By name as people order names, by all else the greatest first.
export function sorted(rows: readonly Row[], by: Sort, lang: string): Row[] {
  const names = new Intl.Collator(lang, { numeric: true });
  const byName = (a: Row, b: Row) => names.compare(a.client.name, b.client.name) || names.compare(a.key, b.key);
  const number = ({ client, rates }: Row): number => {
    if (by === 'heard') return msOf(client.heard);
    if (by === 'refused') return client.samples_refused;
    return by === 'name' ? 0 : (rates[by] ?? -1);
  };
  return [...rows].sort((a, b) => number(b) - number(a) || byName(a, b));
}

// Two digits: what else wobbles from look to look.
export const RATE_DIGITS = 2;

export function isFound({ client }: Row, text: string): boolean {
  const part = text.toLowerCase();
  return client.name.toLowerCase().includes(part) || client.remote.toLowerCase().includes(part);
}
