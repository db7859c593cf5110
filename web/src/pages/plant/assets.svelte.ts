// All assets, page by page, shown as they come; read anew when the node has more of them.
import { get, type Asset } from '../../api/client';

const PAGE = 2_500; // small enough to be compressed by the node
const ASSETS_MAX = 100_000;

export class Assets {
  all = $state.raw<Asset[]>([]);
  loaded = $state(false);
  // There are more than a tree can show.
  cut = $state(false);
  // Signals of one level, which belong to no asset.
  loose = $state(false);
  error = $state.raw<unknown>();

  async load(signal: AbortSignal) {
    try {
      const assets: Asset[] = [];
      let after: string | null = '';
      do {
        const page: { assets: Asset[]; next: string | null } = await get('/api/v1/assets', {
          query: after === '' ? { limit: PAGE } : { limit: PAGE, after },
          signal,
        });
        assets.push(...page.assets);
        after = page.next;
        if (assets.length > this.all.length) this.all = [...assets];
      } while (after !== null && assets.length < ASSETS_MAX);
      this.all = assets;
      this.cut = after !== null;
      this.loose = (await get('/api/v1/signals', { query: { filter: '+', limit: 1 }, signal })).signals.length > 0;
      this.loaded = true;
      this.error = undefined;
    } catch (error) {
      if (!signal.aborted) this.error = error;
    }
  }
}
