import { expect, test } from 'vitest';
import { nameFault, presentPath, splitName } from './naming';

test('a level is not empty, has no slash, and nothing that filters use', () => {
  expect(nameFault('ram force', 'level')).toBeUndefined();
  expect(nameFault('压力', 'level')).toBeUndefined();
  expect(nameFault('', 'level')).toBe('change.wrongEmpty');
  expect(nameFault('a/b', 'level')).toBe('change.wrongLevel');
  expect(nameFault('a+b', 'level')).toBe('change.wrongFilter');
  expect(nameFault('#', 'path')).toBe('change.wrongFilter');
});

test('a path has levels, none of them empty', () => {
  expect(nameFault('acme/hall 2/press7', 'path')).toBeUndefined();
  expect(nameFault('', 'path')).toBe('change.wrongEmpty');
  for (const text of ['/acme', 'acme/', 'acme//press7']) expect(nameFault(text, 'path')).toBe('change.wrongPath');
});

test('a signal is named within its asset', () => {
  expect(splitName('acme/press7/force')).toEqual({ prefix: 'acme/press7/', level: 'force' });
  expect(splitName('lone')).toEqual({ prefix: '', level: 'lone' });
});

test('a former path leads to the present one, with what lies below it', () => {
  const assets = [
    { name: 'jena/hall1', aliases: ['acme/hall1', 'acme/halle'] },
    { name: 'jena/hall1/ram7', aliases: ['jena/hall1/press7'] },
    { name: 'pump' },
  ];
  expect(presentPath(assets, 'acme/halle')).toBe('jena/hall1');
  expect(presentPath(assets, 'acme/hall1/new')).toBe('jena/hall1/new');
  expect(presentPath(assets, 'acme/hall1/press7')).toBe('jena/hall1/ram7');
  for (const same of ['acme/hall12', 'acme', 'pump', 'pump/x', 'jena/hall1']) expect(presentPath(assets, same)).toBe(same);
});
