// Asks the node for what the trend shows: of each signal the tiles in sight, a few at once, and no longer those that went
// out of sight. What it has stays on the screen until the better is there.
import { ApiError, get, type Schemas, type Signal } from '../../api/client';
import { live, watch, type LiveSample } from '../../api/live.svelte';
import { node } from '../../api/node.svelte';
import { msOf } from '../../lib/time';
import { Cache, keyOfEdge, type Archived, type Edge, type Picture } from './cache';
import type { Bounds } from './range';
import { columnOf, columnsOfPlot, columnsOfRaw, type Column } from './series';
import { boundsOfTile, keyOf, nsOfEdge, TILE_COLUMNS, tileMs, type Tile } from './tiles';

const ASKED_MAX = 6;       // a browser opens no more connections to one host
const REST_MS = 60;        // a wheel that still turns: not every step is asked for
const FAILED_REST_MS = 5_000;
// Up to this many samples a tile is shown as samples: about one a pixel.
const RAW_MAX = TILE_COLUMNS;
const TEXTS_MAX = 5_000;
const LOOK_BACK_TILES = [64, 65_536] as const;

type Job = { key: string; run: (signal: AbortSignal) => Promise<void> };
export type Newest = { time: string; value: Schemas['Value']; quality: number };

export class Series {
  cache = new Cache();
  meta = $state.raw<Signal>();
  error = $state.raw<unknown>();
  newest = $state.raw<Newest>();
  earliest = $state.raw<number | null>();  // undefined: not known yet; null: it has no samples
  constructor(readonly name: string) {}
}

export class Store {
  // Grows with every change of what look() would answer.
  version = $state(0);
  busy = $state(false);
  #series = new Map<string, Series>();
  #wanted: Job[] = [];
  #asked = new Map<string, AbortController>();
  #failed = new Map<string, number>();
  #introducing = new Set<Series>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopWatch: () => void = () => {};
  #closed = new AbortController();

  series(name: string): Series {
    let one = this.#series.get(name);
    if (!one) this.#series.set(name, (one = new Series(name)));
    return one;
  }

  // The signals of the trend: what they are, where they begin, and how they go on.
  follow(names: readonly string[]) {
    this.#stopWatch();
    for (const name of names) void this.#introduce(this.series(name));
    this.#stopWatch = watch(names, (samples, dropped) => this.#take(samples, dropped), { every: 'sample' });
  }

  // After a loss nobody knows what was missed; what failed may succeed now.
  distrust() {
    this.#failed.clear();
    for (const one of this.#series.values()) {
      one.cache.distrust();
      if (one.error || !one.meta) void this.#introduce(one);
    }
    this.version += 1;
  }

  // The pictures of these signals now; what lacks is asked for.
  look(names: readonly string[], bounds: Bounds, pixels: number): Picture[] {
    const jobs: Job[] = [];
    const pictures = names.map((name) => {
      const series = this.series(name);
      const { picture, lack } = series.cache.look(bounds, pixels, node.now());
      if (series.meta) {
        for (const tile of lack.tiles) jobs.push(this.#tileJob(series, series.meta, tile));
        for (const edge of picture.settled ? lack.edges : []) jobs.push(this.#edgeJob(series, series.meta, edge));
      }
      return picture;
    });
    this.#want(jobs);
    return pictures;
  }

  close() {
    this.#stopWatch();
    clearTimeout(this.#timer);
    this.#closed.abort();
    this.#wanted = [];
    for (const one of this.#asked.values()) one.abort();
  }

  async #introduce(one: Series) {
    if (this.#introducing.has(one)) return;
    this.#introducing.add(one);
    const signal = this.#closed.signal;
    try {
      one.meta ??= await get('/api/v1/signals/{name}', { path: { name: one.name }, signal });
      one.error = undefined;
      const [first, last] = await Promise.all([
        get('/api/v1/raw', { query: { signal: one.name, limit: 1 }, signal }),
        get('/api/v1/last', { query: { signal: [one.name] }, signal }),
      ]);
      one.earliest = await earliestOf(one.meta, first.samples[0]?.[0], signal);
      const newest = last.last[0];
      if (newest && newest.time !== null && newest.value !== null) {
        one.newest ??= { time: newest.time, value: newest.value, quality: newest.quality ?? 0 };
      }
    } catch (error) {
      if (!signal.aborted) one.error = error;
    }
    this.#introducing.delete(one);
    this.version += 1;
  }

  #take(samples: LiveSample[], dropped: number) {
    for (const { name, time, value, quality } of samples) {
      const one = this.#series.get(name);
      if (!one) continue;
      if (!one.meta) void this.#introduce(one);  // it did not exist until now
      const { newest } = one;
      if (newest && newest.time === time && newest.value === value && newest.quality === quality) continue;
      one.cache.append(time, columnOf(time, value, quality));
      if (newest && BigInt(time) < BigInt(newest.time)) one.cache.distrust(msOf(time));
      else one.newest = { time, value, quality };
      if (one.earliest === null) one.earliest = msOf(time);  // not known yet is not none
    }
    if (dropped > 0) for (const one of this.#series.values()) one.cache.distrust();
    this.version += 1;
  }

  #tileJob(series: Series, meta: Signal, tile: Tile): Job {
    const range = { signal: series.name, from: nsOfEdge(tile.level, tile.index), to: nsOfEdge(tile.level, tile.index + 1) };
    const run = async (signal: AbortSignal) => {
      const at = node.now();
      const plot = meta.type === 'text' ? undefined : await get('/api/v1/plot', { query: { ...range, width: TILE_COLUMNS }, signal });
      const count = plot?.columns.reduce((all, column) => all + column.count, 0) ?? 1;
      let columns: Column[] = plot ? columnsOfPlot(plot) : [];
      let truncated = false;
      const archived = plot && archivedOf(plot);
      const raw = count <= RAW_MAX && !archived;
      if (raw && count > 0) {
        const limit = plot ? 100_000 : TEXTS_MAX;
        const page = await get('/api/v1/raw', { query: { ...range, limit, revisions: true }, signal });
        columns = columnsOfRaw(page.samples);
        truncated = page.next !== null;
      }
      const open = boundsOfTile(tile).to > at;
      series.cache.keep({ tile, columns, raw, truncated, at, open, stale: false, ...(archived ? { archived } : {}) });
    };
    return { key: `${series.name}\n${keyOf(tile)}`, run };
  }

  // The sample just outside of the tiles, to which the line goes that leaves the picture.
  #edgeJob(series: Series, meta: Signal, edge: Edge): Job {
    const { level, index } = edge.tile;
    const run = async (signal: AbortSignal) => {
      if (edge.side === 'after') {
        const next = await get('/api/v1/raw', { query: { signal: series.name, from: nsOfEdge(level, index + 1), limit: 1 }, signal });
        series.cache.keepEdge(edge, columnsOfRaw(next.samples)[0] ?? null);
        return;
      }
      let found: Column | null = null;
      for (const back of LOOK_BACK_TILES) {
        if (found || (series.earliest ?? Infinity) >= boundsOfTile(edge.tile).from) break;
        // Never before the first sample: nothing is there, and times have an end.
        const start = Math.max(Math.floor((series.earliest ?? 0) / tileMs(level)), index - back);
        const range = { signal: series.name, from: nsOfEdge(level, start), to: nsOfEdge(level, index) };
        found = (meta.type === 'text' ? await lastText(range, signal) : await lastNumber(range, signal)) ?? null;
      }
      series.cache.keepEdge(edge, found);
    };
    return { key: `${series.name}\n${keyOfEdge(edge)}`, run };
  }

  #want(jobs: Job[]) {
    this.#wanted = jobs.filter(({ key }) => Date.now() - (this.#failed.get(key) ?? 0) > FAILED_REST_MS);
    const keys = new Set(jobs.map(({ key }) => key));
    for (const [key, asked] of this.#asked) {
      if (keys.has(key)) continue;
      asked.abort();
      this.#asked.delete(key);
    }
    clearTimeout(this.#timer);
    if (this.#wanted.some(({ key }) => !this.#asked.has(key))) this.#timer = setTimeout(() => this.#pump(), REST_MS);
    this.#tellBusy();
  }

  #pump() {
    for (const job of this.#wanted) {
      if (this.#asked.size >= ASKED_MAX) break;
      if (!this.#asked.has(job.key)) void this.#ask(job);
    }
    this.#tellBusy();
  }

  #tellBusy() {
    this.busy = this.#wanted.length > 0;
  }

  async #ask(job: Job) {
    const abort = new AbortController();
    const name = job.key.slice(0, job.key.indexOf('\n'));
    this.#asked.set(job.key, abort);
    try {
      await job.run(abort.signal);
      this.#failed.delete(job.key);
      this.series(name).error = undefined;
    } catch (error) {
      if (abort.signal.aborted) return;
      this.#failed.set(job.key, Date.now());
      this.series(name).error = error;
      if (error instanceof ApiError && error.status === 0) live.drop();
    }
    this.#asked.delete(job.key);
    this.#wanted = this.#wanted.filter(({ key }) => key !== job.key);
    this.version += 1;
    this.#pump();
  }
}

function archivedOf(plot: Schemas['Plot']): Archived | undefined {
  if (plot.archived_before === undefined) return undefined;
  return { before: msOf(plot.archived_before), lateLeftOut: plot.archived_late_left_out ?? false };
}

const NS_MIN = '-9223372036854775808';
const NS_MAX = '9223372036854775807';

// Where the signal begins: with its first sample, or before, where summaries are kept of what is let go of.
async function earliestOf(meta: Signal, firstSample: string | undefined, signal: AbortSignal): Promise<number | null> {
  if (meta.type !== 'text' && firstSample !== NS_MIN) {
    const before = await get('/api/v1/plot', { query: { signal: meta.name, from: NS_MIN, to: firstSample ?? NS_MAX, width: 1 }, signal });
    const first = before.columns[0]?.first[0];
    if (first !== undefined) return msOf(first);
  }
  return firstSample === undefined ? null : msOf(firstSample);
}

type Between = { signal: string; from: string; to: string };

async function lastNumber(range: Between, signal: AbortSignal): Promise<Column | undefined> {
  if (range.from === range.to) return undefined;
  const plot = await get('/api/v1/plot', { query: { ...range, width: 64 }, signal });
  const last = plot.columns[plot.columns.length - 1];
  if (!last) return undefined;
  // The quality of a column is its worst; of the sample itself only the sample tells.
  const sample = await get('/api/v1/raw', { query: { ...range, from: last.last[0], limit: 100 }, signal });
  return columnsOfRaw(sample.samples).at(-1);
}

async function lastText(range: Between, signal: AbortSignal): Promise<Column | undefined> {
  if (range.from === range.to) return undefined;
  const page = await get('/api/v1/raw', { query: { ...range, limit: TEXTS_MAX }, signal });
  return page.next === null ? columnsOfRaw(page.samples).at(-1) : undefined;
}
