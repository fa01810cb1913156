/** The person's choice of language and theme. Both follow the system until one is chosen. */
import { getLocale, setLocale, type Locale } from '../paraglide/runtime.js';

export type Theme = 'system' | 'light' | 'dark';
const THEME = 'docket.theme';
export const THEMES: Theme[] = ['system', 'light', 'dark'];

/** Each language by its own name, so that whoever reads it finds it. */
export const LANGUAGES: { locale: Locale; name: string }[] = [
  { locale: 'en', name: 'English' },
  { locale: 'bn', name: 'বাংলা' },
  { locale: 'hi', name: 'हिन्दी' },
  { locale: 'zh', name: '简体中文' },
];

/** Scripts that are written from right to left; the page's styles name starts and ends, never sides. */
const directionOf = (locale: string): 'ltr' | 'rtl' => (/^(ar|fa|he|ur)\b/.test(locale) ? 'rtl' : 'ltr');

class LookOfPage {
  locale = $state<Locale>(getLocale());
  theme = $state<Theme>((localStorage.getItem(THEME) as Theme | null) ?? 'system');

  apply(): void {
    const root = document.documentElement;
    root.lang = this.locale;
    root.dir = directionOf(this.locale);
    if (this.theme === 'system') delete root.dataset['theme'];
    else root.dataset['theme'] = this.theme;
  }

  speak(locale: Locale): void {
    void setLocale(locale, { reload: false });
    this.locale = locale;
    this.apply();
  }

  wear(theme: Theme): void {
    this.theme = theme;
    localStorage.setItem(THEME, theme);
    this.apply();
  }
}

export const look = new LookOfPage();
