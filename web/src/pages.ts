// The pages there are. Each is a folder with a Page.svelte of its own and is loaded when it is first looked at.
import type { Component } from 'svelte';
import type { Key } from './i18n/i18n.svelte';

export type Page = { path: string; title: Key; load: () => Promise<{ default: Component }> };

export const pages: readonly Page[] = [
  { path: '/plant', title: 'page.plant', load: () => import('./pages/plant/Page.svelte') },
  { path: '/trend', title: 'page.trend', load: () => import('./pages/trend/Page.svelte') },
  { path: '/data-in', title: 'page.data-in', load: () => import('./pages/data-in/Page.svelte') },
  { path: '/system', title: 'page.system', load: () => import('./pages/system/Page.svelte') },
];

export function pageOf(path: string): Page | undefined {
  const wanted = path === '/' ? '/plant' : path;
  return pages.find((page) => wanted === page.path || wanted.startsWith(`${page.path}/`));
}
