/** Filters of the list of orders that a person has named and kept. Kept in the page: they name no order. */
import type { Days } from './days';
import type { TabId } from './states';

export interface Filter {
  tab: TabId;
  account: string;
  search: string;
  days: Days;
}

/** The filter that leaves nothing out. */
export const EVERYTHING: Filter = { tab: 'all', account: '', search: '', days: 'any' };

export interface SavedFilter extends Filter {
  name: string;
}

const STORE = 'docket.filters';

function stored(): SavedFilter[] {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(STORE) ?? '[]');
    return Array.isArray(read) ? (read as SavedFilter[]) : [];
  } catch {
    return [];
  }
}

class Filters {
  saved = $state.raw<SavedFilter[]>(stored());

  /** Keeps a filter under a name; an older one of that name goes. */
  keep(filter: SavedFilter): void {
    this.#put([...this.saved.filter((each) => each.name !== filter.name), filter]);
  }

  forget(name: string): void {
    this.#put(this.saved.filter((each) => each.name !== name));
  }

  #put(filters: SavedFilter[]): void {
    this.saved = filters.toSorted((a, b) => a.name.localeCompare(b.name));
    localStorage.setItem(STORE, JSON.stringify(this.saved));
  }
}

export const filters = new Filters();
