/** The person's choice of language and theme. Both follow the system until one is chosen. */
import { getLocale, setLocale, type Locale } from '../paraglide/runtime.js';

export type Theme = 'system' | 'light' | 'dark';
const THEME = 'docket.theme';

export const LANGUAGES: { locale: Locale; name: string }[] = [
  { locale: 'en', name: 'English' },
  { locale: 'bn', name: 'বাংলা' },
];

class LookOfPage {
  locale = $state<Locale>(getLocale());
  theme = $state<Theme>((localStorage.getItem(THEME) as Theme | null) ?? 'system');

  apply(): void {
    document.documentElement.lang = this.locale;
    if (this.theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = this.theme;
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
