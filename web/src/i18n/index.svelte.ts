import { type Catalogue, choose, direction, fill, isLanguage, type Key, type Language } from './catalogue';
import en from './en.json';

export * from './catalogue';

const STORED = 'corridor.language';

const loaders: Record<Exclude<Language, 'en'>, () => Promise<{ default: Catalogue }>> = {
  es: () => import('./es.json'),
  fr: () => import('./fr.json'),
  pt: () => import('./pt.json'),
  ro: () => import('./ro.json'),
  zh: () => import('./zh.json'),
  ar: () => import('./ar.json'),
};

let language = $state<Language>('en');
let catalogue = $state.raw<Catalogue>(en);

export const locale = {
  get language(): Language {
    return language;
  },
  get direction(): 'ltr' | 'rtl' {
    return direction(language);
  },
};

/** The text of `key` in the reader's language. Reading it in a template follows a change of language. */
export function t(key: Key, values?: Record<string, string | number>): string {
  return fill(catalogue[key], values);
}

export async function setLanguage(next: Language): Promise<void> {
  catalogue = next === 'en' ? en : (await loaders[next]()).default;
  language = next;
  document.documentElement.lang = next;
  document.documentElement.dir = direction(next);
  remember(next);
}

export async function startLanguage(): Promise<void> {
  const stored = recall();
  await setLanguage(isLanguage(stored) ? stored : choose(navigator.languages));
}

function recall(): string | null {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

function remember(value: string): void {
  try {
    localStorage.setItem(STORED, value);
  } catch {
    // Private windows may refuse; the language then lasts as long as the page.
  }
}
