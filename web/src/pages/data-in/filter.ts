import type { Rejection } from '../../lib/refusals';

// Whether a rejection has each of the words somewhere, and is of the kind, where one is asked for.
export function fits(one: Rejection, search: string, kind: string): boolean {
  if (kind !== '' && one.kind !== kind) return false;
  const text = [one.source, one.client, one.remote, one.topic, one.reason, one.text].join('\n').toLowerCase();
  return search.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
