/** What a sweep may come to, for tests and the fixture. */
import type { Reply, SweepFinding, SweepReport } from '../src/bindings';

export const aFinding = (account: string, changes: Partial<SweepFinding> = {}): SweepFinding => ({
  kind: 'double',
  account,
  platform_order_id: 'del_2',
  order_no: 'SO-1',
  generation: 1,
  reference: '0d6f6a2e-5a0e-5e53-9d1a-2f7d5f0f9a11',
  bound: 'del_1',
  state: 'dispatched',
  platform_status: 'pending',
  ended_there: false,
  needs_person: true,
  told_before: false,
  ...changes,
});

export const aSweep = (account: string, changes: Partial<SweepReport> = {}): Reply => ({
  reply: 'swept',
  account,
  platform: 'pathao',
  since: '2026-03-02T10:00:00.000Z',
  findings: [],
  unseen: [],
  seen: 120,
  compared: 118,
  by_others: 0,
  in_hand: 0,
  requests: 4,
  ...changes,
});
