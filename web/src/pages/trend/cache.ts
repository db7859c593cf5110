// What is known of one signal: tiles, the samples just outside of them, and what came live. Answers with what it has, as
// good as it has it, and says what is missing. Pure: asks nobody.
import { endOf, firstWhere, startOf, within, type Column } from './series';
import type { Bounds } from './range';
import { boundsOfTile, columnMs, keyOf, parentOf, tilesOf, type Tile } from './tiles';

// What is before this time summaries tell alone: its samples are let go of, and those that came too late count nowhere.
export type Archived = { before: number; lateLeftOut: boolean };
export type Known = {
  tile: Tile;
  columns: readonly Column[];
  raw: boolean;        // every sample is here
  truncated: boolean;  // there was more than can be shown
  at: number;          // when it was asked for
  open: boolean;       // it reached beyond the newest then
  stale: boolean;      // something in it has changed since
  archived?: Archived;  // where a part of it is
};
export type Edge = { side: 'before' | 'after'; tile: Tile };
export type Picture = {
  columns: Column[];
  settled: boolean;    // no tile is missing
  raw: boolean;        // all of it is samples
  truncated: boolean;
  last: boolean;       // nothing comes behind it
  archived?: Archived;
};
export type Lack = { tiles: Tile[]; edges: Edge[] };

const TILES_MAX = 64;
const TAIL_MAX = 20_000;
// How far up a picture is looked for in its stead, and samples that hold a smaller tile.
const LEVELS_UP = 14;
// An open tile is asked for again when a column has passed, in these limits; between, live samples carry it on.
const REFRESH_MS = [5_000, 60_000] as const;

// By its time: tiles of several levels share edges.
const timeOfEdge = ({ side, tile }: Edge) => (side === 'before' ? boundsOfTile(tile).from : boundsOfTile(tile).to);
export const keyOfEdge = (edge: Edge) => `${edge.side}:${timeOfEdge(edge)}`;

export class Cache {
  #tiles = new Map<string, Known>();
  #edges = new Map<string, Column | null>();
  #tail: Column[] = [];
  #shown: readonly Column[] = [];

  keep(known: Known) {
    const key = keyOf(known.tile);
    this.#tiles.delete(key);
    this.#tiles.set(key, known);
    // The oldest in use goes first: a Map keeps its order, and look() puts what it used behind.
    for (const old of this.#tiles.keys()) {
      if (this.#tiles.size <= TILES_MAX) break;
      this.#tiles.delete(old);
    }
  }

  keepEdge(edge: Edge, column: Column | null) {
    this.#edges.set(keyOfEdge(edge), column);
  }

  // A sample came live. In order it is appended; late, or corrected, it makes stale what holds its time.
  append(ns: string, column: Column) {
    const last = this.#tail[this.#tail.length - 1];
    if (last && last.ns === ns && last.value === column.value && last.quality === column.quality) return;
    if (!last || startOf(last) < startOf(column)) {
      this.#tail.push(column);
      if (this.#tail.length > TAIL_MAX) this.#tail.splice(0, TAIL_MAX / 2);
    } else {
      this.#tail = this.#tail.filter((one) => one.ns !== ns);
      this.#tail.splice(firstWhere(this.#tail, (one) => startOf(one) > startOf(column)), 0, column);
      this.distrust(startOf(column));
    }
  }

  // Without a time: all that was open.
  distrust(t?: number) {
    for (const known of this.#tiles.values()) {
      const { from, to } = boundsOfTile(known.tile);
      if (t === undefined ? known.open : from <= t && t < to) known.stale = true;
    }
    this.#edges.clear();
  }

  // What there is to see, and what should be asked for to see it as it is.
  look(bounds: Bounds, pixels: number, now: number): { picture: Picture; lack: Lack } {
    const lack: Lack = { tiles: [], edges: [] };
    const picture: Picture = { columns: [], settled: true, raw: true, truncated: false, last: false };
    const tiles = tilesOf(bounds, pixels);
    for (const tile of tiles) {
      const known = this.#find(tile);
      if (!known || this.#isOld(known, now)) lack.tiles.push(tile);
      if (!known) picture.settled = false;
      picture.raw &&= known?.raw ?? false;
      picture.truncated ||= known?.truncated ?? false;
      if (known?.archived) picture.archived = joined(picture.archived, known.archived);
      const columns = known?.columns ?? this.#instead(tile);
      const span = boundsOfTile(tile);
      for (const column of within(columns, span)) {
        if (startOf(column) >= span.from || picture.columns.length === 0) push(picture.columns, column);
      }
    }
    this.#addEdges(picture, lack, tiles, bounds, now);
    this.#shown = picture.columns;
    return { picture, lack };
  }

  #isOld(known: Known, now: number) {
    const wait = Math.min(Math.max(columnMs(known.tile.level), REFRESH_MS[0]), REFRESH_MS[1]);
    return known.stale || (known.open && now - known.at > wait);
  }

  // The tile itself, or a larger one that has every sample of it.
  #find(tile: Tile): Known | undefined {
    let one = tile;
    for (let up = 0; up <= LEVELS_UP; up += 1) {
      const key = keyOf(one);
      const known = this.#tiles.get(key);
      if (known && (up === 0 || (known.raw && !known.truncated))) {
        this.#tiles.delete(key);
        this.#tiles.set(key, known);
        return known;
      }
      one = parentOf(one);
    }
    return undefined;
  }

  // Until a tile is there: a coarser one, else what was shown at that time before.
  #instead(tile: Tile): readonly Column[] {
    let one = tile;
    for (let up = 0; up <= LEVELS_UP; up += 1) {
      one = parentOf(one);
      const known = this.#tiles.get(keyOf(one));
      if (known) return known.columns;
    }
    return this.#shown;
  }

  // The sample just outside of a tile, where it is known (null: that there is none).
  #beside(edge: Edge): Column | null | undefined {
    const known = this.#find(edge.tile);
    if (known?.raw && !known.truncated) {
      const at = firstWhere(known.columns, (column) => startOf(column) >= timeOfEdge(edge));
      const beside = known.columns[edge.side === 'before' ? at - 1 : at];
      if (beside) return beside;
    }
    return this.#nextDoor(edge) ?? this.#edges.get(keyOfEdge(edge));
  }

  // The same from the tile next to it, where that is known: who pans back has seen it.
  #nextDoor({ side, tile }: Edge): Column | undefined {
    const next = this.#find({ level: tile.level, index: tile.index + (side === 'before' ? -1 : 1) });
    if (!next?.raw || next.truncated || next.stale) return undefined;
    const columns = within(next.columns, boundsOfTile(next.tile));
    return side === 'before' ? columns[columns.length - 1] : columns[0];
  }

  #addEdges(picture: Picture, lack: Lack, tiles: Tile[], bounds: Bounds, now: number) {
    const { columns } = picture;
    const [first, final] = [tiles[0], tiles[tiles.length - 1]];
    if (!first || !final) return;
    const opening = columns[0];
    if (!opening || startOf(opening) > bounds.from) {
      const edge: Edge = { side: 'before', tile: first };
      const before = this.#beside(edge);
      if (before === undefined) lack.edges.push(edge);
      else if (before) columns.unshift(before);
    }
    for (const column of this.#tail) {
      const last = columns[columns.length - 1];
      if (startOf(column) < bounds.to && (!last || startOf(column) > endOf(last)) && startOf(column) >= boundsOfTile(first).from) {
        columns.push(column);
      }
    }
    const last = columns[columns.length - 1];
    if (last && endOf(last) >= bounds.to) return;
    if (boundsOfTile(final).to > now) {
      picture.last = true;
      return;
    }
    if ((picture.archived?.before ?? -Infinity) >= boundsOfTile(final).to) return;  // the next sample there is may be far away
    const edge: Edge = { side: 'after', tile: final };
    const after = this.#beside(edge);
    if (after === undefined) lack.edges.push(edge);
    else if (after) columns.push(after);
    else picture.last = true;
  }
}

function joined(a: Archived | undefined, b: Archived): Archived {
  return a ? { before: Math.max(a.before, b.before), lateLeftOut: a.lateLeftOut || b.lateLeftOut } : b;
}

// In the order of time, none twice: pictures of two levels meet here.
function push(columns: Column[], column: Column) {
  const last = columns[columns.length - 1];
  if (!last || startOf(column) > endOf(last)) columns.push(column);
}

