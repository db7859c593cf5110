import { expect, test } from 'vitest';
import { buildTree, findNode, pathsAbove, rowsOf, searchTree } from './tree';

const plant = buildTree([
  { name: 'acme/line2/press10', display_names: { zh: '冲压机十' } },
  { name: 'acme/line2/press9' },
  { name: 'acme/line2' },
  { name: 'acme-2/oven' },
  { name: 'pump' },
]);
const paths = (root = plant, expanded: (path: string) => boolean = () => true) => rowsOf(root, expanded).map((row) => row.node.path);

test('levels that are no asset are places, and numbers sort as numbers', () => {
  expect(paths()).toEqual(['acme', 'acme/line2', 'acme/line2/press9', 'acme/line2/press10', 'acme-2', 'acme-2/oven', 'pump']);
  expect(findNode(plant, 'acme')?.asset).toBeUndefined();
  expect(findNode(plant, 'acme')?.assets).toBe(3);
  expect(findNode(plant, 'acme/none')).toBeUndefined();
});

test('rows tell their place among their siblings', () => {
  const rows = rowsOf(plant, (path) => path === 'acme' || path === 'acme/line2');
  expect(rows.map((row) => [row.node.label, row.level, row.expanded, row.position, row.siblings])).toEqual([
    ['acme', 1, true, 1, 3],
    ['line2', 2, true, 1, 1],
    ['press9', 3, false, 1, 2],
    ['press10', 3, false, 2, 2],
    ['acme-2', 1, false, 2, 3],
    ['pump', 1, false, 3, 3],
  ]);
});

test('a search finds by path and by any name, and keeps what is above', () => {
  expect(paths(searchTree(plant, 'PRESS 10'))).toEqual(['acme', 'acme/line2', 'acme/line2/press10']);
  expect(paths(searchTree(plant, '冲压机'))).toEqual(['acme', 'acme/line2', 'acme/line2/press10']);
  expect(paths(searchTree(plant, 'nothing'))).toEqual([]);
});

test('what is above a path', () => {
  expect(pathsAbove('a/b/c')).toEqual(['a', 'a/b']);
  expect(pathsAbove('a')).toEqual([]);
});

test('ten thousand assets are a tree at once', () => {
  const many = Array.from({ length: 10_000 }, (_, i) => ({ name: `acme/site${i % 7}/line${i % 91}/machine${i}` }));
  const began = performance.now();
  const tree = buildTree(many);
  expect(rowsOf(tree, () => true).length).toBeGreaterThan(10_000);
  searchTree(tree, 'machine99');
  expect(tree.assets).toBe(10_000);
  expect(performance.now() - began).toBeLessThan(1_000);
});
