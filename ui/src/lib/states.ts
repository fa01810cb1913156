/** How a state looks: a shape, a word and a tone, never a tone alone. */
import { m } from '../paraglide/messages.js';
import type { Counts, State } from './core';

export type Shape = 'ring' | 'clock' | 'arrow' | 'question' | 'flag' | 'check' | 'cross' | 'slash' | 'square';

export interface Look {
  shape: Shape;
  tone: 'draft' | 'queued' | 'sending' | 'doubt' | 'review' | 'done' | 'refused' | 'ended';
  word: () => string;
}

export const LOOKS: Record<State, Look> = {
  draft: { shape: 'ring', tone: 'draft', word: m.state_draft },
  queued: { shape: 'clock', tone: 'queued', word: m.state_queued },
  sending: { shape: 'arrow', tone: 'sending', word: m.state_sending },
  in_doubt: { shape: 'question', tone: 'doubt', word: m.state_in_doubt },
  needs_review: { shape: 'flag', tone: 'review', word: m.state_needs_review },
  dispatched: { shape: 'check', tone: 'done', word: m.state_dispatched },
  refused: { shape: 'cross', tone: 'refused', word: m.state_refused },
  cancelled: { shape: 'slash', tone: 'ended', word: m.state_cancelled },
  closed: { shape: 'square', tone: 'ended', word: m.state_closed },
};

export type TabId = 'all' | 'draft' | 'open' | 'dispatched' | 'refused' | 'review' | 'ended';

export interface Tab {
  id: TabId;
  word: () => string;
  states: State[];
}

export const TABS: Tab[] = [
  { id: 'all', word: m.tab_all, states: [] },
  { id: 'draft', word: m.state_draft, states: ['draft'] },
  { id: 'open', word: m.tab_open, states: ['queued', 'sending', 'in_doubt'] },
  { id: 'dispatched', word: m.state_dispatched, states: ['dispatched'] },
  { id: 'refused', word: m.state_refused, states: ['refused'] },
  { id: 'review', word: m.tab_review, states: ['needs_review'] },
  { id: 'ended', word: m.tab_ended, states: ['cancelled', 'closed'] },
];

export const tabOf = (id: TabId): Tab => TABS.find((tab) => tab.id === id) ?? (TABS[0] as Tab);

export function countOf(tab: Tab, counts: Counts): number {
  if (tab.id === 'all') return counts.all;
  return tab.states.reduce((sum, state) => sum + counts[state], 0);
}

export const openOf = (counts: Counts): number => counts.queued + counts.sending + counts.in_doubt;

/** States from which a plain dispatch leads on. What the core says of each order is what counts in the end. */
export const DISPATCHABLE: State[] = ['draft', 'refused'];
