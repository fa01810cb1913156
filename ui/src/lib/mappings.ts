/** Column mappings that a person made, remembered for files with the same columns at the same platform. */
import type { Platform } from './core';

const STORE = 'docket.mappings';
type Mapping = Record<string, string>;

const all = (): Record<string, Mapping> => {
  try {
    return JSON.parse(localStorage.getItem(STORE) ?? '{}') as Record<string, Mapping>;
  } catch {
    return {};
  }
};

const keyOf = (platform: Platform, columns: string[]): string =>
  `${platform}|${[...columns].sort().join('|')}`;

export const remembered = (platform: Platform, columns: string[]): Mapping | undefined =>
  all()[keyOf(platform, columns)];

export function remember(platform: Platform, columns: string[], mapping: Mapping): void {
  localStorage.setItem(STORE, JSON.stringify({ ...all(), [keyOf(platform, columns)]: mapping }));
}
