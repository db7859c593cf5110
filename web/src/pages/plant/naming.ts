// What a person types as a name, judged before the node is asked: the mistakes that can be told in his language.
import type { Asset } from '../../api/client';
import type { Key } from '../../i18n/i18n.svelte';

// Of a signal within its asset: one level. Of an asset: a path of levels.
export type Naming = 'level' | 'path';

// Why it can be no name, or nothing. What others have already only the node knows.
export function nameFault(text: string, naming: Naming): Key | undefined {
  if (/[+#]/.test(text)) return 'change.wrongFilter';
  if (naming === 'level' && text.includes('/')) return 'change.wrongLevel';
  if (text.split('/').includes('')) return text === '' ? 'change.wrongEmpty' : 'change.wrongPath';
  return undefined;
}

// 'acme/press7/force' is 'force' of 'acme/press7/', which stays.
export function splitName(name: string): { prefix: string; level: string } {
  const end = name.lastIndexOf('/') + 1;
  return { prefix: name.slice(0, end), level: name.slice(end) };
}

const HOPS_MAX = 32;

// Where a path leads that nothing has now: the longest former one that it is, or lies below, becomes the present one; what is
// below that may have been renamed as well.
export function presentPath(assets: readonly Pick<Asset, 'name' | 'aliases'>[], path: string): string {
  const renamed = new Map(assets.flatMap(({ name, aliases }) => (aliases ?? []).map((alias) => [alias, name] as const)));
  const names = new Set(assets.map(({ name }) => name));
  let hops = 0; // pages that were read before and after a renaming may lead in a circle
  for (let end = path.length; end > 0 && !names.has(path); ) {
    const present = renamed.get(path.slice(0, end));
    if (present === undefined || ++hops > HOPS_MAX) {
      end = path.lastIndexOf('/', end - 1);
    } else {
      path = present + path.slice(end);
      end = path.length;
    }
  }
  return path;
}
