// Rates from counters: what grew between two looks, by the node's own clock. Pure.
export type Look = { seconds: number; counters: Record<string, number> };

// All numbers of a status as "section.name" or "section.name.label".
export function flatten(status: object): Record<string, number> {
  const flat: Record<string, number> = {};
  const add = (prefix: string, value: unknown) => {
    if (typeof value === 'number' || (typeof value === 'string' && value !== '' && Number.isFinite(Number(value)))) {
      flat[prefix] = Number(value);
    } else if (value !== null && typeof value === 'object') {
      for (const [name, one] of Object.entries(value)) add(prefix === '' ? name : `${prefix}.${name}`, one);
    }
  };
  add('', status);
  return flat;
}

// Growth per second over the looks kept, of the sum of the counters named. Nothing where there are not two looks yet, or
// where the node was started anew between them.
export function rateOf(looks: readonly Look[], ...names: string[]): number | undefined {
  const [first, last] = [looks[0], looks.at(-1)];
  if (!first || !last || last.seconds <= first.seconds) return undefined;
  const sum = (look: Look) => names.reduce((all, name) => all + (look.counters[name] ?? 0), 0);
  const growth = sum(last) - sum(first);
  return growth < 0 ? undefined : growth / (last.seconds - first.seconds);
}

// The mean of what was added to a duration (count and sum) between the looks, in milliseconds.
export function meanMsOf(looks: readonly Look[], name: string): number | undefined {
  const count = rateOf(looks, `${name}.count`);
  const sum = rateOf(looks, `${name}.sum_seconds`);
  return count && sum !== undefined ? (sum / count) * 1000 : undefined;
}

// Keeps the looks of the last seconds; a node that was started anew begins anew, and a clock that was set back takes what is behind it.
export function keepLooks(looks: readonly Look[], next: Look, secondsMax: number): Look[] {
  const last = looks.at(-1);
  const restarted = last && (last.counters['node.uptime_seconds'] ?? 0) > (next.counters['node.uptime_seconds'] ?? 0);
  if (restarted) return [next];
  return [...looks.filter((look) => next.seconds - look.seconds <= secondsMax && look.seconds < next.seconds), next];
}
