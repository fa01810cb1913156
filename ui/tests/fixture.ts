/** The page on a stand-in core, for looking at it in a browser: `npm run dev`, then /tests/fixture.html. */
import { anEntry, anOrder, FakeCore } from './fake-core';
import type { State } from '../src/bindings';

const core = new FakeCore();
const states: State[] = [
  'draft',
  'draft',
  'draft',
  'queued',
  'sending',
  'in_doubt',
  'dispatched',
  'dispatched',
  'refused',
  'needs_review',
  'cancelled',
  'closed',
];
core.orders = Array.from({ length: 1204 }, (_, i) => {
  const state = states[i % states.length] ?? 'draft';
  return anOrder(i, {
    state,
    test: i % 5 !== 0,
    account: i % 5 === 0 ? 'Main shop' : 'Practice Pathao',
    since: new Date(Date.now() - i * 7000).toISOString(),
    next_at: state === 'in_doubt' ? new Date(Date.now() + 8000).toISOString() : null,
    platform_order_id: state === 'dispatched' ? `PB-${88000 + i}` : null,
    reason: state === 'refused' ? 'receiver_phone is not a Bangladesh mobile number' : null,
  });
});
core.entries = [
  anEntry(1, { kind: 'imported', detail: { line: 2 } }),
  anEntry(2, { kind: 'reserved' }),
  anEntry(3, { kind: 'send_started', detail: { attempt: 1 } }),
  anEntry(4, { kind: 'send_finished', detail: { outcome: 'unknown', why: 'timeout', after_ms: 5000 } }),
  anEntry(5, { kind: 'lookup_finished', detail: { result: 'found', rows: 1 } }),
  anEntry(6, { kind: 'bound', detail: { platform_order_id: 'PB-88', bound_by: 'lookup' } }),
];
core.entries.push(...core.entries.map((entry) => ({ ...entry, seq: entry.seq + 10, order_no: 'DHK-10406' })));
core.install();
await import('../src/main');
