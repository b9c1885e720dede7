import type en from './en.json';

/** The languages of the page, each named in itself. English is complete by definition; a test holds the rest to it. */
export const LANGUAGES = {
  en: 'English',
  es: 'Español',
  fr: 'Français',
  pt: 'Português',
  ro: 'Română',
  zh: '中文',
  ar: 'العربية',
} as const;

export type Language = keyof typeof LANGUAGES;
export type Key = keyof typeof en;
export type Catalogue = Record<Key, string>;

const RIGHT_TO_LEFT: ReadonlySet<Language> = new Set(['ar']);

export function direction(language: Language): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.has(language) ? 'rtl' : 'ltr';
}

export function isLanguage(text: string | null | undefined): text is Language {
  return text != null && Object.hasOwn(LANGUAGES, text);
}

/** The first language of the reader that the page speaks. */
export function choose(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const base = tag.toLowerCase().split('-')[0];
    if (isLanguage(base)) return base;
  }
  return 'en';
}

/** Puts values in place of `{name}`; a name without a value stays, so that the mistake shows. */
export function fill(message: string, values: Record<string, string | number> = {}): string {
  return message.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
