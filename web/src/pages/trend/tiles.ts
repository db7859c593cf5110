// Time cut into tiles, so that what is known is not asked for again. A tile of level n has 1,024 columns of 2^n ms, and
// begins at a multiple of its length: panning needs only new tiles at the edge, and zooming in by less than two none.
// The level is the one whose columns are at most one pixel wide: M4 of narrower columns holds every extreme that M4 of the
// pixels would, so the line is exact.
import type { Bounds } from './range';

export const TILE_COLUMNS = 1024;
// 1/64 ms is a whole number of nanoseconds (15,625), and finer than anything that can be shown.
const LEVEL_MIN = -6;
const LEVEL_MAX = 34;

export type Tile = { level: number; index: number };

export const columnMs = (level: number) => 2 ** level;
export const tileMs = (level: number) => TILE_COLUMNS * 2 ** level;
export const boundsOfTile = ({ level, index }: Tile): Bounds => ({ from: index * tileMs(level), to: (index + 1) * tileMs(level) });
export const keyOf = ({ level, index }: Tile) => `${level}:${index}`;

export function levelOf({ from, to }: Bounds, pixels: number): number {
  const level = Math.floor(Math.log2((to - from) / Math.max(1, pixels)));
  return Math.min(Math.max(level, LEVEL_MIN), LEVEL_MAX);
}

export function tilesOf(bounds: Bounds, pixels: number): Tile[] {
  const level = levelOf(bounds, pixels);
  const length = tileMs(level);
  const tiles: Tile[] = [];
  for (let index = Math.floor(bounds.from / length); index * length < bounds.to; index += 1) tiles.push({ level, index });
  return tiles;
}

// The same time, twice as much of it.
export const parentOf = ({ level, index }: Tile): Tile => ({ level: level + 1, index: Math.floor(index / 2) });

const NS_MAX = 2n ** 63n - 1n;

// Exact: an edge that were rounded would give a sample to two tiles or to none. Times end at 64 bits; so do tiles.
export function nsOfEdge(level: number, index: number): string {
  const columnNs = level >= 0 ? 1_000_000n << BigInt(level) : 1_000_000n >> BigInt(-level);
  const ns = BigInt(index) * columnNs * BigInt(TILE_COLUMNS);
  return String(ns > NS_MAX ? NS_MAX : ns < -NS_MAX ? -NS_MAX : ns);
}
