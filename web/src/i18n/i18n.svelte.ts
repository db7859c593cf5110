// Every word of the console. A catalogue per language, split by page; Chinese has the keys of English by its type, so a
// missing string fails the build.
//
//   t('plant.assets', { n: 3 })    "3 assets": {n} is put in as the language writes numbers, and chooses the plural
import { store, stored } from '../lib/stored';
import { en } from './en';
import type { Message } from './message';
import { zh } from './zh';

export type Key = keyof typeof en;
export const LANGS = { en: 'English', zh: '简体中文' } as const;
export type Lang = keyof typeof LANGS;

const catalogues: Record<Lang, Record<Key, Message>> = { en, zh };

export function langOf(chosen: string | null, wishes: readonly string[]): Lang {
  for (const wish of [chosen, ...wishes]) {
    const lang = wish?.toLowerCase().split('-')[0];
    if (lang === 'en' || lang === 'zh') return lang;
  }
  return 'en';
}

class LangChoice {
  #lang = $state<Lang>(langOf(stored('lang'), globalThis.navigator?.languages ?? []));

  get current() {
    return this.#lang;
  }
  set current(lang: Lang) {
    this.#lang = lang;
    store('lang', lang);
    this.apply();
  }
  // The tag for Intl and for the page.
  get tag() {
    return this.#lang === 'zh' ? 'zh-CN' : 'en';
  }
  apply() {
    document.documentElement.lang = this.tag;
  }
}

export const lang = new LangChoice();

export function translate(into: Lang, key: Key, values: Record<string, string | number> = {}): string {
  const message: Message = catalogues[into][key];
  let text = message as string;
  if (typeof message !== 'string') {
    const one = new Intl.PluralRules(into).select(Number(values['n'] ?? 0)) === 'one';
    text = one ? message.one : message.other;
  }
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (typeof value === 'number') return new Intl.NumberFormat(into).format(value);
    return value ?? whole;
  });
}

// Read in a template it changes with the language.
export function t(key: Key, values?: Record<string, string | number>): string {
  return translate(lang.current, key, values);
}

// A name given by people, in the language chosen; else in any of its forms ("zh-CN" for "zh"); else what there is.
export function named(names: Record<string, string> | undefined, otherwise: string): string {
  if (!names) return otherwise;
  const wanted = lang.current;
  const key = [lang.tag, wanted].find((one) => names[one]) ?? Object.keys(names).find((one) => one.toLowerCase().split('-')[0] === wanted);
  return (key && names[key]) || otherwise;
}
