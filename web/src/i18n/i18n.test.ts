import { expect, test } from 'vitest';
import { en } from './en';
import { langOf, translate, type Key } from './i18n.svelte';
import { zh } from './zh';

const keys = Object.keys(en) as Key[];
const textsOf = (message: unknown): string[] => (typeof message === 'string' ? [message] : Object.values(message as object));
const holes = (message: unknown) => [...new Set(textsOf(message).flatMap((text) => text.match(/\{\w+\}/g) ?? []))].sort();

test('every text is there in both languages, with the same holes', () => {
  expect(Object.keys(zh).sort()).toEqual([...keys].sort());
  for (const key of keys) {
    expect(textsOf(zh[key]).every((text) => text !== ''), key).toBe(true);
    expect(holes(zh[key]), key).toEqual(holes(en[key]));
  }
});

test('numbers choose the plural and are written as the language does', () => {
  expect(translate('en', 'plant.assets', { n: 1 })).toBe('1 asset');
  expect(translate('en', 'plant.assets', { n: 12000 })).toBe('12,000 assets');
  expect(translate('zh', 'plant.assets', { n: 1 })).toBe('1 个资产');
});

test('the language is the one chosen, else the first wish that is spoken here, else English', () => {
  expect(langOf('zh', ['en'])).toBe('zh');
  expect(langOf(null, ['fr-FR', 'zh-Hans-CN', 'en'])).toBe('zh');
  expect(langOf('xx', ['de'])).toBe('en');
});
