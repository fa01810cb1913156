/** The page on a stand-in core, for looking at it in a browser: `npm run dev`, then /tests/fixture.html. */
import { anEntry, anOrder, FakeCore, PATHAO } from './fake-core';
import { aFinding, aSweep } from './sweeps';
import type { Reply, State } from '../src/bindings';

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
core.platforms = [{ ...PATHAO, chosen: ['receiver_name'] }];
const usual = core.answer;
core.answer = (request) => {
  if (request.command.command === 'quote') return price(request.command.order.order_no);
  if (request.command.command === 'choices') return templates(request.command.search);
  if (request.command.command === 'sweep') return swept(request.command.account);
  return usual(request);
};
core.install();
await import('../src/main');

function price(order_no: string): Reply {
  return {
    reply: 'quoted',
    order_no,
    account: 'Practice Pathao',
    fee: { amount: 12_000, currency: 'BDT' },
    quote_id: 'dqt_9',
    asked_at: new Date().toISOString(),
    expires_at: new Date(Date.now() + 250_000).toISOString(),
    good_ms: 240_000,
    arrives_at: new Date(Date.now() + 2_700_000).toISOString(),
    takes_min: 45,
  };
}

function templates(search: string): Reply {
  const all = [
    { id: 'tmpl_welcome', name: 'Welcome card', price: null, stock: null, variables: ['firstName', 'code'] },
    { id: 'tmpl_plain', name: 'Autumn sale', price: null, stock: null, variables: [] },
    { id: 'product_01steam10', name: 'Steam wallet 10 USD', price: '10.49 USD', stock: 25, variables: null },
    { id: 'product_01pubg600', name: 'PUBG Mobile 600 UC', price: '8.90 EUR', stock: 0, variables: null },
  ];
  const lacks = [{ field: 'merge_variables', reason: 'lacks firstName, which the template asks for' }];
  const found = all.filter((choice) => choice.name.toLowerCase().includes(search.toLowerCase()));
  const choices = found.map((choice) => ({ choice, lacks: choice.variables?.length ? lacks : [] }));
  return { reply: 'choices', choices, total: choices.length };
}

function swept(account: string): Reply {
  const gone = aFinding(account, {
    kind: 'missing',
    platform_order_id: 'PB-88004',
    order_no: 'DHK-10407',
    bound: null,
    platform_status: null,
    told_before: true,
  });
  return aSweep(account, {
    findings: [aFinding(account), gone],
    unseen: [{ what: 'no_list' }, { what: 'bound', count: 10 }],
    by_others: 3,
    in_hand: 1,
  });
}
