import type { Schemas } from '../api/client';

export type Rejection = Schemas['Rejections']['rejections'][number];
export type Gathered = { newest: Rejection; times: number };

export function keyOf(one: Rejection): string {
  const host = one.remote.replace(/:\d+$/, ''); // who comes again has another port
  return [one.kind, one.source, one.client, host, one.topic, one.reason, one.text].join('\n');
}

// The same refusal again and again is one, with how often it came; in the order of the newest of each.
export function gather(rejections: readonly Rejection[]): Gathered[] {
  const same = new Map<string, Gathered>();
  for (const one of rejections) {
    const key = keyOf(one);
    const known = same.get(key);
    if (known) known.times += 1;
    else same.set(key, { newest: one, times: 1 });
  }
  return [...same.values()];
}
