import { store, stored } from './stored';

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

class ThemeChoice {
  #theme = $state<Theme>(THEMES.find((theme) => theme === stored('theme')) ?? 'auto');

  get current() {
    return this.#theme;
  }
  set current(theme: Theme) {
    this.#theme = theme;
    store('theme', theme);
    this.apply();
  }
  apply() {
    document.documentElement.dataset['theme'] = this.#theme;
  }
}

export const theme = new ThemeChoice();
