import type { Asset, Schemas } from '../../api/client';

type Rejection = Schemas['Rejections']['rejections'][number];

// Whether a refusal is about this asset. MQTT names it by its topic; line protocol by measurement and tags, in any order.
export function concerns(one: Rejection, asset: Pick<Asset, 'name' | 'type' | 'properties'>): boolean {
  const names = (text: string) => {
    const at = text.indexOf(asset.name);
    if (at < 0) return false;
    const before = text[at - 1];
    const behind = text[at + asset.name.length];
    return (before === undefined || /[\s"']/.test(before)) && (behind === undefined || /[\s"'/]/.test(behind));
  };
  if (names(one.topic) || names(one.text) || names(one.reason)) return true;
  const tags = Object.entries(asset.properties ?? {});
  if (asset.type === '' || tags.length === 0) return false;
  const series = one.text.split(' ')[0]?.split(',') ?? [];
  return series[0] === asset.type && series.length === tags.length + 1 && tags.every(([k, v]) => series.includes(`${k}=${v}`));
}

// The same refusal again and again is one, with how often it came; in the order of the newest of each.
export function gather(rejections: readonly Rejection[]): { newest: Rejection; times: number }[] {
  const same = new Map<string, { newest: Rejection; times: number }>();
  for (const one of rejections) {
    const key = [one.kind, one.source, one.topic, one.reason, one.text].join('\n');
    const known = same.get(key);
    if (known) known.times += 1;
    else same.set(key, { newest: one, times: 1 });
  }
  return [...same.values()];
}
