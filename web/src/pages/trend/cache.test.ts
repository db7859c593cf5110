import { expect, test } from 'vitest';
import { Cache, type Known } from './cache';
import { columnOf, startOf, type Column } from './series';
import { boundsOfTile, tileMs, tilesOf, type Tile } from './tiles';

const NOW = 1e12;
const at = (ms: number, value = ms): Column => columnOf(String(BigInt(ms) * 1_000_000n), value, 0);
const known = (tile: Tile, columns: Column[], more: Partial<Known> = {}): Known => ({
  tile, columns, raw: true, truncated: false, at: 0, open: false, stale: false, ...more,
});
const ten = { from: 0, to: 10 * tileMs(0) };  // ten tiles of level 0 at 10,240 pixels
const PIXELS = 10_240;
const times = (columns: readonly Column[]) => columns.map(startOf);

test('what is not known is lacking, what is known is not asked for again', () => {
  const cache = new Cache();
  const tiles = tilesOf(ten, PIXELS);
  expect(cache.look(ten, PIXELS, NOW).lack.tiles).toEqual(tiles);
  for (const tile of tiles) cache.keep(known(tile, [at(boundsOfTile(tile).from)]));
  const { picture, lack } = cache.look(ten, PIXELS, NOW);
  expect(lack.tiles).toEqual([]);
  expect(picture).toMatchObject({ settled: true, raw: true });
  expect(picture.columns).toHaveLength(10);
});

test('samples of a larger tile serve every smaller one in it', () => {
  const cache = new Cache();
  cache.keep(known({ level: 5, index: 0 }, [at(10), at(2000), at(30_000)]));
  const { picture, lack } = cache.look({ from: 1024, to: 3072 }, 2048, NOW);
  expect(lack.tiles).toEqual([]);
  expect(times(picture.columns)).toEqual([10, 2000, 30_000]);
});

test('between two samples of a larger tile the line goes from one to the other, and nobody is asked', () => {
  const cache = new Cache();
  cache.keep(known({ level: 8, index: 0 }, [at(10), at(60_000), at(200_000)]));
  const { picture, lack } = cache.look({ from: 70_000, to: 71_000 }, 1000, NOW);
  expect(times(picture.columns)).toEqual([60_000, 200_000]);
  expect(lack).toEqual({ tiles: [], edges: [] });
});

test('until the better is there a coarser picture stays, else what was shown', () => {
  const cache = new Cache();
  cache.keep(known({ level: 3, index: 0 }, [at(100), at(1500)], { raw: false }));
  const finer = cache.look({ from: 0, to: 2048 }, 2048, NOW);
  expect(times(finer.picture.columns)).toEqual([100, 1500]);
  expect(finer.picture.settled).toBe(false);
  expect(finer.lack.tiles).toHaveLength(2);
  const wider = cache.look({ from: 0, to: tileMs(12) }, 1024, NOW);
  expect(times(wider.picture.columns)).toEqual([100, 1500]);
});

test('the sample before and the one behind are asked for where the line leaves the picture', () => {
  const cache = new Cache();
  const bounds = { from: 0, to: 1024 };
  cache.keep(known({ level: 0, index: 0 }, [at(500)]));
  const { lack } = cache.look(bounds, 1024, NOW);
  expect(lack.edges.map(({ side }) => side)).toEqual(['before', 'after']);
  cache.keepEdge(lack.edges[0]!, at(-70_000));
  cache.keepEdge(lack.edges[1]!, null);
  const { picture, lack: rest } = cache.look(bounds, 1024, NOW);
  expect(times(picture.columns)).toEqual([-70_000, 500]);
  expect(picture.last).toBe(true);
  expect(rest.edges).toEqual([]);
});

test('the sample outside is taken from the tile next door where that is known', () => {
  const cache = new Cache();
  const around = [-1, 0, 1].map((index) => ({ level: 0, index }));
  for (const tile of around) cache.keep(known(tile, [at(boundsOfTile(tile).from + 300), at(boundsOfTile(tile).from + 700)]));
  const { picture, lack } = cache.look({ from: 100, to: 900 }, 800, NOW);
  expect(times(picture.columns)).toEqual([-324, 300, 700, 1324]);
  expect(lack).toEqual({ tiles: [], edges: [] });
});

test('live samples are appended; a late one makes stale what holds its time', () => {
  const cache = new Cache();
  const bounds = { from: 0, to: 2048 };
  cache.keep(known({ level: 0, index: 0 }, [at(500)]));
  cache.keep(known({ level: 0, index: 1 }, [at(1100)], { open: true, at: NOW }));
  for (const ms of [1100, 1200, 1300]) cache.append(String(BigInt(ms) * 1_000_000n), at(ms));
  const first = cache.look(bounds, 2048, NOW);
  expect(times(first.picture.columns)).toEqual([500, 1100, 1200, 1300]);
  expect(first.lack.tiles).toEqual([]);
  cache.append('600000000', at(600));
  expect(cache.look(bounds, 2048, NOW).lack.tiles).toEqual([{ level: 0, index: 0 }]);
});

test('a tile that was open is asked for again after a while, and after a loss at once', () => {
  const cache = new Cache();
  cache.keep(known({ level: 0, index: 0 }, [], { open: true, at: NOW }));
  const lacks = (now: number) => cache.look({ from: 0, to: 1024 }, 1024, now).lack.tiles.length;
  expect(lacks(NOW + 4_000)).toBe(0);
  expect(lacks(NOW + 6_000)).toBe(1);
  cache.keep(known({ level: 0, index: 0 }, [], { open: true, at: NOW }));
  cache.distrust();
  expect(lacks(NOW + 1)).toBe(1);
});

test('where samples are let go of nobody asks for the next one, and the picture says so', () => {
  const cache = new Cache();
  const bounds = { from: 0, to: 2048 };
  const tiles = tilesOf(bounds, 2048);
  tiles.forEach((tile, i) => cache.keep(known(tile, [at(boundsOfTile(tile).from + 5)], {
    raw: false, archived: { before: 5000 + i, lateLeftOut: i === 0 },
  })));
  const { picture, lack } = cache.look(bounds, 2048, NOW);
  expect(picture.archived).toEqual({ before: 5001, lateLeftOut: true });
  expect(picture.raw).toBe(false);
  expect(lack.edges.map(({ side }) => side)).toEqual(['before']);
});
