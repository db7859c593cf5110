import type { Asset } from '../../api/client';
import type { Rejection } from '../../lib/refusals';

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
